// Interactions as /api/interactions tells them: final, open, without texts, and strange ones.

/** @import { Interaction } from '../../engine/web/wallboard/types.js' */

const iso = (/** @type {number} */ ms) => new Date(ms).toISOString();

/** @type {Interaction['behaviours']} */
export const BEHAVIOURS = {
  'communicate.greeting': { title: 'Greets the customer', dimension: 'communicate', kind: 'expected', unvalidated: false },
  'communicate.checking': { title: 'Checks that it is understood, works, or is all', dimension: 'communicate', kind: 'expected', unvalidated: true },
  'acknowledge.concern': { title: 'Sees a complaint, a feeling or a failed attempt before going on', dimension: 'acknowledge', kind: 'opportunity', unvalidated: false },
  'acknowledge.own_words': { title: "Takes up the customer's own words", dimension: 'acknowledge', kind: 'opportunity', unvalidated: false },
  'respond.empathy': { title: 'Meets complaints and feelings with empathy, and a deed', dimension: 'respond', kind: 'opportunity', unvalidated: false },
  'respond.answer': { title: 'Answers questions', dimension: 'respond', kind: 'opportunity', unvalidated: false },
  'respond.dated_promise': { title: 'Promises with a time that he can be held to', dimension: 'respond', kind: 'bonus', unvalidated: false },
  'against.empty_apology': { title: 'Is sorry and does nothing', dimension: 'respond', kind: 'penalty', unvalidated: false },
  'enrich.personal': { title: 'A personal touch', dimension: 'enrich', kind: 'bonus', unvalidated: true },
  'enrich.warmth': { title: 'Shows warmth', dimension: 'enrich', kind: 'expected', unvalidated: false },
};
const DIMENSIONS = { communicate: 'Communicate', acknowledge: 'Acknowledge', respond: 'Respond', enrich: 'Enrich' };

const bytes = (/** @type {string} */ text) => Buffer.byteLength(text);

/** @param {number} began @param {[number, string, string][]} lines seconds after the beginning, who, what */
export const turnsOf = (began, lines) =>
  lines.map(([at, speaker, text], turn) => ({ turn, seq: turn + 1, ts: iso(began + at * 1000), speaker, agent_id: speaker === 'agent' ? 'mei.l' : null, text, deleted: false }));

/** Evidence by its words. @param {Interaction['turns']} turns @param {number} turn @param {string} words @param {string} rule */
export function evidence(turns, turn, words, rule) {
  const text = turns[turn].text ?? '';
  const at = text.indexOf(words);
  if (at < 0) throw new Error(`turn ${turn} has no ${words}`);
  const start = bytes(text.slice(0, at));
  return { turn, seq: turn + 1, rule, start, end: start + bytes(words), quote: words };
}

/** @param {string} id @param {string} outcome @param {number} credit @param {any[]} found @param {object} [other] */
export const outcome = (id, outcome, credit, found, other) => ({ id, outcome, credit, seen: 1, met: outcome === 'missed' ? 0 : 1, agent_id: 'mei.l', evidence: found, ...other });

/** @param {string} id @param {number} began @param {'open' | 'final'} status @param {object} card @param {Interaction['turns']} turns @returns {Interaction} */
export function interaction(id, began, status, card, turns) {
  const score = status === 'final' ? { score: 91.94, communicate: 100, acknowledge: 75.76, respond: 100, enrich: 90 } : { score: null, communicate: null, acknowledge: null, respond: null, enrich: null };
  return /** @type {any} */ ({
    version: 1, clock: { now: iso(began), rate: 1 }, interaction_id: id, status, behaviours: BEHAVIOURS, dimensions: DIMENSIONS, turns, text: 'kept',
    cards: [{
      schema_version: '1.0', interaction_id: id, pack: { name: 'customer-care', version: '1.0.0', hash: '0'.repeat(32) }, engine: 'caremeter 0.1.0', channel: 'chat', lang: 'en',
      agents: [{ agent_id: 'mei.l', turns: 3, care: score }], agent_id: 'mei.l', customer_id: 'cu-1', queue: 'parcels', team: null, started_at: iso(began), ended_at: iso(began + 300_000),
      turns: { agent: 3, customer: 3, bot: 0 }, care: score, coverage: 0.93, behaviours: [],
      customer_outcome: { resolution: 'likely', delight: 0, thanks: 1 },
      timing: { first_response_s: 24, median_gap_s: 24, p90_gap_s: 168, dead_air_s: null, talk_over_s: null, customer_wait_s: 250 },
      flags: [], status, revision: 3, ...card,
    }],
  });
}

/** @param {number} now @returns {Map<string, Interaction>} */
export function interactions(now) {
  const began = now - 30 * 60_000;
  return new Map([finished(began), open(now), withoutTexts(began), unscored(began), strange(began)].map((one) => [one.interaction_id, one]));
}

/** @param {number} began */
function finished(began) {
  const turns = turnsOf(began, [
    [3, 'customer', 'Nobody called me back. I was promised a call tuesday before noon about my parcel. this is the 2nd time i’m contacting you'],
    [27, 'agent', 'Good morning, I’m Mei. You were promised a call and it never came, and that’s not acceptable. I apologise, without any excuse.'],
    [36, 'agent', 'I have the depot on the line, please stay with me for three minutes.'],
    [204, 'agent', 'It was left at number 41, instead of 14. He’s driving back for it now and will ring your bell before 11:30.'],
    [226, 'customer', "you're sure?"],
    [246, 'agent', 'I’ve asked him to phone me from your door, and I stay on this case until he does.'],
    [290, 'customer', 'thank you for not letting go of it Mei. you restored a bit of faith'],
    [300, 'agent', 'Sorry again.'],
  ]);
  const asked = evidence(turns, 0, 'Nobody called me back', 'customer.complaint');
  return interaction('chat-done', began, 'final', {
    flags: ['clock_backwards'],
    customer_outcome: { resolution: 'confirmed', delight: 1, thanks: 1, feedback: { rating: 4, scale: 5 } },
    behaviours: [
      outcome('communicate.greeting', 'delivered', 1, [evidence(turns, 1, 'Good morning', 'greet.time_of_day')]),
      outcome('communicate.checking', 'missed', 0, [], { searched: { from: 1, to: 7 } }),
      outcome('acknowledge.concern', 'delivered', 1, [asked, evidence(turns, 1, 'that’s not acceptable', 'empathy.names_feeling')]),
      outcome('acknowledge.own_words', 'delivered', 1, [asked, { turn: 1, seq: 2, rule: 'ack.echo', start: 0, end: bytes(turns[1].text) }]),
      outcome('respond.empathy', 'delivered', 1, [asked, evidence(turns, 1, 'I apologise', 'apology.apologise'), evidence(turns, 3, 'He’s driving back for it now', 'deed.done')]),
      outcome('respond.answer', 'partial', 0.5, [evidence(turns, 4, "you're sure?", 'customer.question'), evidence(turns, 5, 'I stay on this case', 'ownership.personal')]),
      outcome('respond.dated_promise', 'delivered', 6, [evidence(turns, 3, 'will ring your bell before 11:30', 'promise.with_time')]),
      outcome('against.empty_apology', 'delivered', -8, [evidence(turns, 7, 'Sorry again', 'sorry.for_nothing')]),
      outcome('enrich.personal', 'delivered', 10, [evidence(turns, 5, 'phone me from your door', 'extra.saves_effort')]),
      outcome('enrich.warmth', 'not_evaluated', 0, [], { reason: 'low_confidence', seen: 0, met: 0 }),
    ],
  }, turns);
}

/** @param {number} now */
function open(now) {
  const began = now - 400_000;
  const turns = turnsOf(began, [
    [28, 'customer', 'Nobody called me back. I was promised a call tuesday before noon'],
    [60, 'bot', 'Somebody will be with you.'],
    [90, 'agent', 'We apologise for any inconvenience.'],
  ]);
  const asked = evidence(turns, 0, 'Nobody called me back', 'customer.uncared');
  return interaction('chat-0', began, 'open', {
    pending: [
      { id: 'respond.empathy', dimension: 'respond', kind: 'opportunity', agent_id: null, since: turns[0].ts, state: 'half', evidence: [asked, evidence(turns, 2, 'We apologise', 'apology.apologise')] },
      { id: 'acknowledge.concern', dimension: 'acknowledge', kind: 'opportunity', agent_id: null, since: turns[0].ts, state: 'unmet', evidence: [asked] },
      { id: 'communicate.checking', dimension: 'communicate', kind: 'expected', agent_id: null, since: null, state: 'due', evidence: [] },
    ],
    moments: [{ id: 'against.empty_apology', kind: 'penalty', dimension: 'respond', agent_id: 'mei.l', at: turns[2].ts, evidence: evidence(turns, 2, 'We apologise for any inconvenience', 'sorry.for_nothing') }],
  }, turns);
}

/** @param {number} began */
function withoutTexts(began) {
  const whole = finished(began);
  return { ...whole, interaction_id: 'chat-quotes', turns: [], text: /** @type {const} */ ('not kept') };
}

/** @param {number} began */
function unscored(began) {
  const turns = turnsOf(began, [[0, 'customer', 'hi'], [4, 'agent', 'Hello!']]);
  return interaction('chat-hi', began, 'final', {
    care: { score: null, communicate: 100, acknowledge: null, respond: null, enrich: null },
    behaviours: [outcome('respond.answer', 'not_evaluated', 0, [], { reason: 'too_short' }), outcome('communicate.greeting', 'delivered', 1, [evidence(turns, 1, 'Hello', 'greet.hello')])],
  }, turns);
}

/** @param {number} began */
function strange(began) {
  const evil = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>';
  const turns = turnsOf(began, [
    [0, 'customer', `${evil} 😀 ünïcödé`],
    [4, 'agent', 'لم يتصل بي أحد حتى الآن'],
    [9, 'customer', '三回も問い合わせましたが、まだ返事がありません。'],
    [12, 'agent', 'x'.repeat(3000)],
    [20, '<b>bot</b>', 'a speaker of a newer version'],
  ]);
  turns.push({ ...turns[1], turn: 5, text: null, deleted: true });
  turns.push({ ...turns[1], turn: 6, ts: null, text: 'Good morning [name] [name]', marks: [{ behaviour: 'communicate.greeting', start: 0, end: 12 }] });
  return interaction('"><svg onload=window.pwned=1>', began, 'final', {
    queue: evil, flags: [evil],
    behaviours: [
      outcome('respond.answer', 'delivered', 1, [evidence(turns, 0, 'ünïcödé', 'customer.question'), { turn: 3, seq: 4, rule: 'a.b', start: 0, end: 3000 }]),
      outcome('communicate.greeting', 'delivered', 1, [{ turn: 6, seq: 7, rule: 'greet', start: 0, end: 999 }]),
      outcome(evil, 'delivered', 1, [{ turn: 99, seq: null, rule: evil, start: 5, end: 2, quote: evil }]),
    ],
  }, turns);
}
