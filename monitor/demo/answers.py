"""What the demonstration's reviewers tick for each invented trial."""

from monitor.demo.people import Answers

THERAPLAY = Answers(
    interventions=["theraplay"],
    design="randomised",
    risk_of_bias="some concerns",
    risk_reason="Some raters knew the arm.",
    outcome_class="attachment",
    outcome="Attachment behaviour, observed in invented nurseries",
    direction="favours the intervention",
    participants="140",
    quote="Attachment behaviour in 140 invented children favoured Theraplay.",
)
SECOND_THERAPLAY = Answers(
    interventions=["theraplay"],
    design="randomised",
    risk_of_bias="low",
    risk_reason="Raters did not know the arm.",
    outcome_class="attachment",
    outcome="Attachment security, story stems",
    direction="favours the intervention",
    participants="118",
    quote="Attachment security in story stems favoured Theraplay.",
)
CIRCLE = Answers(
    interventions=["cos"],
    design="randomised",
    risk_of_bias="low",
    risk_reason="Allocation was concealed and assessors were blind.",
    outcome_class="attachment",
    outcome="Attachment security, Strange Situation",
    direction="no difference",
    participants="412",
    quote="Attachment security in the Strange Situation did not differ between the arms.",
)
ABC = Answers(
    interventions=["abc"],
    design="randomised",
    risk_of_bias="low",
    risk_reason="Assessors did not know the arm.",
    outcome_class="attachment",
    outcome="Disorganised attachment, Strange Situation",
    direction="favours the intervention",
    participants="150",
    quote="Fewer invented infants were classified as disorganised in the intervention arm.",
)
