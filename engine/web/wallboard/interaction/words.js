// What the words of a scorecard mean to people.

/** @type {Record<string, string>} */
export const CHANNELS = { chat: 'Chat', call: 'Call', email: 'E-mail', social: 'Post', team: 'Team talk' };
/** @type {Record<string, string>} */
export const SPEAKERS = { customer: 'Customer', agent: 'Agent', lead: 'Lead', bot: 'Bot', system: 'System' };

/** Why something was not judged. @type {Record<string, string>} */
export const REASONS = {
  no_clock: 'there are no times to go by',
  no_agent: 'no agent wrote',
  customer_left: 'the customer left before an answer was due',
  too_short: 'too short to tell',
  low_confidence: 'the transcript is too unsure',
  language: 'not in a language of these rules',
  fault: 'a rule failed here',
  no_dialogue: 'there was no dialogue',
  no_reply: 'no agent wrote again',
};

/** @type {Record<string, string>} */
export const FLAGS = {
  clock_backwards: 'Its times go backwards in places.',
  conflict: 'Two different messages claimed the same place; one was taken.',
  future_time: 'A time lay far ahead of when it was told.',
  incomplete: 'A message could not be read, so something is missing.',
  orphan_edit: 'A message was edited that is not here.',
  pack_mixed: 'The rules changed while it went on.',
  too_many_turns: 'It has more messages than are judged.',
  unordered: 'Its messages do not say in which order they belong.',
  unplaced: 'A transfer or a rating could not be put in its place.',
};

/** @type {Record<string, string>} */
export const RESOLUTIONS = { confirmed: 'the customer says it is solved', likely: 'probably solved', open: 'not solved', unknown: 'not known' };

/** Spans of the clock, in the order in which they are told. @type {[string, string][]} */
export const TIMES = [
  ['first_response_s', 'First response'],
  ['median_gap_s', 'Replies, usually'],
  ['p90_gap_s', 'Replies, nine of ten within'],
  ['customer_wait_s', 'Customer waited in all'],
  ['dead_air_s', 'Silence on the line'],
  ['talk_over_s', 'Talked over each other'],
];
