"""Given names that are hardly anybody's family name: they tell "Pat Alder, Quin Birch" for two people.

No list of names is complete and none needs to be: what is not here stays as it was written. Names
that are both (Thomas, Martin, James, Grace) are left out, since "Martin Lopez, Maria" is one person.
"""

_NAMES = """
adam adrian agnes agnieszka alan alba alejandra alejandro alessandra alessandro alexander alexandra alice alicia
alison amanda amelia amy ana anders andrea andreas andrew andrzej angela anita anke ann anna anne annette annika
antonia antonio anja astrid barbara barry beate beatrice ben benjamin bernadette bernd beth bianca birgit brenda
brian brigitte camilla carla carlos carmen carol carole caroline catherine cathy cecilia charlotte chiara
chloe christina christine christopher claire clare claudia claudio colette cristina cynthia dana daniela danielle
david deborah debra denise diana diane dominique donna dorothy edith eduardo edward eileen elaine eleanor elena
elisabeth elise elizabeth ella ellen emily emma eric erica erika erin esther eva eve evelyn federica femke fiona
frances francesca francesco frederik gabriela gabriele gabriella gemma geoffrey georgia gerald gillian giovanni
giulia gloria gordon hanna hannah hans heather heidi helen helena helga henrik hilary ida ines inge ingrid irene
isabel isabella isobel ivan jack jacob jacqueline jan jana jane janet janice jason jean jeanette jeffrey jenna
jennifer jenny jens jeremy jesse jessica jill jo joan joanna joanne jodie johan johanna john jon jonathan jorge
jose josephine joshua juan judith judy julia julian juliana julie juliet jutta karen karin karl kate katharina
katherine kathleen kathryn kathy katie katja katrin keith kenneth kerry kevin kim kirsten kristin kristina lars
laura lauren leah lena leonie lesley lieselotte linda lindsay lisa liz lorna lorraine louise lucia lucy luigi luis
luisa lynn lynne madeleine maja marco margaret margarita margot maria marian marianne marie marieke marija marina
mario marion mark markus marta martha martina mary mats matteo matthew maureen megan melanie melissa mette michael
michaela michele michelle miguel mirjam miriam molly monica monika nadia nancy naomi natalia natalie natasha
nathalie neil nicholas nick nicola nicole nigel nina nora nuria olga oliver olivia pamela paola pat patricia
patrick paula pauline pavel peggy penelope penny petra philip philippa pia pilar rachel raquel rebecca renata
renate richard rita robert roberta roberto robin rosa rosalind rose rosemary ruth sabine sabrina sally samantha
sandra sara sarah sebastian serena sharon sheila silvia simone sofia sonia sonja sophia sophie stefan stefania
stefanie stephanie stephen steven sue susan susanna susanne suzanne svetlana sven sylvia tamara tanja tanya tara
teresa tessa theresa tim timothy tina tom torsten tracey tracy trudy ulla ulrich ulrike ursula valentina valeria
valerie vanessa vera veronica victoria vivien wendy wolfgang yvonne zoe
"""
GIVEN = frozenset(_NAMES.split())
