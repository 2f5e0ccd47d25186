// The words for what verification found out. Each status has a shape too, so that colour never says it alone.

export const STATUSES = {
  quoted: { name: "Quoted", meaning: "These words stand in the article, in this order." },
  supported: { name: "Supported", meaning: "The article says this in nearly these words, with every number and name." },
  partial: { name: "Partly supported", meaning: "The article bears only a part of this; read it before relying on it." },
  unsupported: { name: "Left out", meaning: "The model wrote this, but the articles do not bear it." },
};

export const REPLACED = "The model wrote this, but the articles bear only a part of it; that, or their own words, is shown.";

const CHECKS = {
  numbers: ["its numbers stand in the source", "a number does not stand in the source"],
  dates: ["its dates are those of the source", "a date is not one of the source's"],
  names: ["its names stand in the source", "a name does not stand in the source"],
  negation: ["it denies only what the source denies", "it denies what the source says, or the other way round"],
  opposites: ["no word says the opposite of the source's", "a word says the opposite of the source's"],
  roles: ["who acts is who acts in the source", "who did what to whom is not as in the source"],
  speech: ["what somebody says is told as theirs", "what somebody says is told as a fact"],
  certainty: ["it is as certain as the source", "it is more certain than the source"],
  comparisons: ["its comparisons are the source's", "a comparison is not the source's"],
  together: ["one source says all of it together", "it was pieced together from several sources"],
  state: ["the model had read it, by its own state", "the model had not read it so, by its own state"],
  entailment: ["its source entails it", "its source does not entail it"],
  answers: ["it answers the question", "it does not answer the question, or another source does better"],
  words: ["its words stand in the source", "too few of its words stand in the source"],
};

export function explainCheck(name, passed) {
  const [yes, no] = CHECKS[name] ?? [`${name}: passed`, `${name}: failed`];
  return passed ? yes : no;
}

const REFUSALS = {
  nothing_found: "No article bears on this question.",
  not_answered: "There are articles on the subject, but the answer was not found in them.",
  not_supported: "The model wrote an answer that the articles do not bear, so it is not shown as one.",
  went_wrong: "The model wrote nothing that can be shown.",
};

export const explainRefusal = (reason) => REFUSALS[reason] ?? "";
