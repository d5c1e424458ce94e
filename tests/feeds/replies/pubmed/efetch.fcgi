<?xml version="1.0" ?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">
<PubmedArticleSet>
<PubmedArticle><MedlineCitation Status="Publisher" Owner="NLM"><PMID Version="1">90000001</PMID><Article PubModel="Print"><Journal><JournalIssue CitedMedium="Internet"><PubDate><Year>2026</Year></PubDate></JournalIssue><Title>Journal of invented trials</Title></Journal><ArticleTitle>An invented trial of nothing at all</ArticleTitle></Article></MedlineCitation><PubmedData><ArticleIdList><ArticleId IdType="pubmed">90000001</ArticleId><ArticleId IdType="doi">10.5555/invented.1</ArticleId></ArticleIdList></PubmedData></PubmedArticle>
<PubmedBookArticle><BookDocument><PMID Version="1">90000002</PMID><ArticleIdList><ArticleId IdType="bookaccession">NBK0</ArticleId></ArticleIdList><Book><BookTitle book="invented">Invented handbook</BookTitle></Book><ArticleTitle book="invented" part="one">An invented chapter</ArticleTitle></BookDocument><PubmedBookData><History/></PubmedBookData></PubmedBookArticle>
</PubmedArticleSet>
