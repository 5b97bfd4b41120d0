// Boards as the server would tell them, for states that a real run can not be made to show at will. Times are relative to a given now.

/** @import { Board, Interaction } from '../../engine/web/wallboard/types.js' */

const iso = (/** @type {number} */ ms) => new Date(ms).toISOString();
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Nothing has happened yet. @param {number} now @returns {Board} */
export function empty(now) {
  const dimension = (/** @type {string} */ title) => ({ id: title.toLowerCase(), title, n: 0, score: null, target: null, zone_of_score: null, unvalidated: false });
  return {
    version: 1,
    clock: { now: iso(now), rate: 1 },
    queue: null,
    settings: { window_s: 3600, zone: 'UTC', late_s: { other: 120, chat: 120, call: 60, email: 86400, social: 3600, team: 3600 }, agents: false },
    source: { state: 'live', partitions: null, lost_cards: 0, interactions: { open: 0, final: 0, since: iso(now - 5000) } },
    concerns: { count: 0, uncared: 0, late: 0, worst_since: null, list: [] },
    care: {
      n: 0, score: null, target: null, zone_of_score: null, unvalidated: false, dimensions: ['Communicate', 'Acknowledge', 'Respond', 'Enrich'].map(dimension),
      trend: Array.from({ length: 12 }, (_, i) => ({ from: iso(now - (12 - i) * 5 * MINUTE), n: 0, score: null })), unscored: { n: 0, reasons: [] },
    },
    queues: { least: 5, list: [] },
    moments: { list: [] },
    promises: { open: 0, due: 0, broken: 0, list: [] },
    letters: { list: [] },
  };
}

const WORDS = [
  ['unmet', true, 'Nobody called me back. I was promised a call tuesday before noon', 'parcels', 'Meets complaints and feelings with empathy, and a deed'],
  ['half', true, 'this is the third time I am asking the same question', 'billing', 'Answers questions'],
  ['unmet', false, 'my heating has been off since friday and my mother is 84', 'repairs', 'Meets problems with an answer or ownership'],
  ['half', false, 'when will it be paid?', 'returns', 'Answers questions'],
  ['unmet', false, 'is the reading from march or from april?', 'billing', 'Answers questions'],
  ['unmet', false, 'could you send it to the other address please', 'parcels', 'Takes up requests'],
  ['unmet', false, 'where is the fourth leg of the table', 'returns', 'Meets problems with an answer or ownership'],
];

/** @param {number} now @param {number} i @param {Partial<Board['concerns']['list'][0]>} [other] */
export function concern(now, i, other) {
  const [state, uncared, words, queue, title] = WORDS[i % WORDS.length];
  const since = other?.since ?? iso(now - [372, 151, 268, 115, 66, 40, 12][i % 7] * 1000);
  return {
    interaction_id: `chat-${i}`, channel: 'chat', queue, agent_id: null, since, late_at: iso(Date.parse(since) + 120_000),
    state, uncared, words, behaviour: 'respond.answer', title, more: i === 0 ? 2 : 0, ...other,
  };
}

/** @param {Board} board @param {any[]} list @param {number} now */
export function withConcerns(board, list, now) {
  const waited = list.map(({ since }) => now - Date.parse(since));
  board.concerns = {
    count: list.length, uncared: list.filter(({ uncared }) => uncared).length, late: list.filter(({ late_at }) => now > Date.parse(late_at)).length,
    worst_since: list.length ? iso(now - Math.max(...waited)) : null, list: list.slice(0, 20),
  };
  return board;
}

/** An ordinary hour. @param {number} now @returns {Board} */
export function busy(now) {
  const board = withConcerns(empty(now), WORDS.map((_, i) => concern(now, i)), now);
  board.source = { state: 'live', partitions: { seen: 12, of: 12 }, lost_cards: 0, interactions: { open: 41, final: 1318, since: iso(now - 72 * MINUTE) } };
  board.care = {
    n: 42, score: 61, target: 70, zone_of_score: 'below', unvalidated: true,
    dimensions: [
      { id: 'communicate', title: 'Communicate', n: 42, score: 72, target: 70, zone_of_score: 'reached', unvalidated: false },
      { id: 'acknowledge', title: 'Acknowledge', n: 42, score: 58, target: null, zone_of_score: null, unvalidated: false },
      { id: 'respond', title: 'Respond', n: 41, score: 67, target: 70, zone_of_score: 'near', unvalidated: false },
      { id: 'enrich', title: 'Enrich', n: 38, score: 44, target: null, zone_of_score: null, unvalidated: true },
    ],
    trend: [58, 61, null, 66, 63, 71, 68, 60, 52, 57, 62, 64].map((score, i) => ({ from: iso(now - (12 - i) * 5 * MINUTE), n: score ? 4 : 0, score })),
    unscored: { n: 5, reasons: [{ reason: 'too_short', title: 'too short', n: 3 }, { reason: 'no_agent', title: 'no agent wrote', n: 2 }] },
  };
  board.queues = {
    least: 5,
    list: [
      { queue: 'parcels', n: 12, score: 55, open: 9, concerns: 2, worst_since: iso(now - 372_000) },
      { queue: 'repairs', n: 7, score: 74, open: 6, concerns: 1, worst_since: iso(now - 268_000) },
      { queue: 'billing', n: 14, score: 58, open: 12, concerns: 2, worst_since: iso(now - 151_000) },
      { queue: 'returns', n: 3, score: null, open: 4, concerns: 2, worst_since: iso(now - 115_000) },
      { queue: 'hotels', n: 6, score: 88, open: 10, concerns: 0, worst_since: null },
    ],
  };
  board.moments.list = [
    moment(now, 0, 'praise', 'thank you for not letting go of it, you restored a bit of faith', 'parcels', 'The customer is delighted'),
    moment(now, 1, 'care', 'I’ve asked him to phone me from your door', 'parcels', 'A personal touch'),
    moment(now, 2, 'praise', 'you made my day!', 'hotels', 'The customer is delighted'),
    moment(now, 3, 'care', 'while you wait: the voicemail of the old card can be saved, too', 'sim', 'Keeps the customer informed while it takes time'),
  ];
  board.promises = {
    open: 2, due: 1, broken: 1,
    list: [
      {
        interaction_id: 'chat-lost', channel: 'chat', queue: 'parcels', agent_id: null, made_at: iso(now - 20 * HOUR), due_at: iso(now - 3 * HOUR), state: 'broken',
        words: 'call you before noon tomorrow', broken_by: { interaction_id: 'chat-0', words: 'Nobody called me back' },
      },
      promise(now, 'due', 'write to you by nine', now - 14 * MINUTE),
      promise(now, 'open', 'ring you on Thursday at ten', now + 26 * HOUR),
      promise(now, 'open', 'will get back to you', null),
    ],
  };
  board.letters.list = [
    { n: 4, queues: ['returns'], first_at: iso(now - 50 * MINUTE), last_at: iso(now - 9 * MINUTE), words: 'We value every one of our customers and', interaction_ids: ['mail-1', 'mail-2', 'mail-3', 'mail-4'] },
  ];
  return board;
}

/** @param {number} now @param {number} i @param {'praise' | 'care'} kind @param {string | null} words @param {string} queue @param {string} title */
export const moment = (now, i, kind, words, queue, title) => ({ at: iso(now - (20 + i * 170) * 1000), kind, interaction_id: `chat-m${i}`, channel: 'chat', queue, agent_id: null, title, words });

/** @param {number} now @param {'open' | 'due'} state @param {string} words @param {number | null} due */
const promise = (now, state, words, due) => ({
  interaction_id: `chat-p-${words}`, channel: 'chat', queue: 'repairs', agent_id: null, made_at: iso(now - 2 * HOUR), due_at: due === null ? null : iso(due), state, words, broken_by: null,
});

const LONG = 'Außenhandelsversicherungsabteilung'.repeat(4);

/** Names without end, words without spaces, other directions and scripts, and texts that would like to be HTML. @param {number} now @returns {Board} */
export function strange(now) {
  const board = busy(now);
  board.queue = null;
  board.settings.agents = true;
  const evil = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>';
  const list = [
    concern(now, 0, { words: evil, queue: evil, agent_id: evil, title: evil, interaction_id: '"><svg onload=window.pwned=1>' }),
    concern(now, 1, { words: 'لم يتصل بي أحد حتى الآن, رقم الطلب 8840', queue: 'الشحن', agent_id: 'ليلى' }),
    concern(now, 2, { words: '三回も問い合わせましたが、まだ返事がありません。', queue: '返品・交換', agent_id: '佐藤' }),
    concern(now, 3, { words: 'x'.repeat(400), queue: LONG, agent_id: LONG, title: LONG }),
    concern(now, 4, { words: null, queue: null, channel: null, since: iso(now - 26 * HOUR) }),
  ];
  withConcerns(board, list, now);
  board.queues.list = [LONG, evil, 'الشحن', '返品・交換'].map((queue) => ({ queue, n: 1234567, score: 100, open: 4, concerns: 99999, worst_since: iso(now - 50 * HOUR) }));
  board.queues.list.push({ queue: null, n: 0, score: null, open: 0, concerns: 0, worst_since: null });
  board.moments.list = [moment(now, 0, 'praise', evil, LONG, evil), moment(now, 1, 'praise', 'شكرا جزيلا, لقد أسعدت يومي', 'الشحن', 'The customer is delighted'), moment(now, 2, 'care', null, evil, LONG)];
  board.letters.list[0].words = evil;
  board.letters.list[0].interaction_ids = [evil, LONG];
  board.care.dimensions[1].title = evil;
  board.care.unscored.reasons[0].title = evil;
  board.promises.list[0].words = evil;
  return board;
}

/** @param {number} now @returns {Board} */
export function crowded(now) {
  const board = busy(now);
  withConcerns(board, Array.from({ length: 57 }, (_, i) => concern(now, i)), now);
  board.queues.list = Array.from({ length: 40 }, (_, i) => ({ queue: `queue-${String(i).padStart(2, '0')}`, n: 40 - i, score: i < 35 ? 90 - i : null, open: i, concerns: i % 4, worst_since: i % 4 ? iso(now - i * 9000) : null }));
  board.moments.list = Array.from({ length: 12 }, (_, i) => moment(now, i, i % 2 ? 'care' : 'praise', `thank you, that was kind, number ${i}`, 'hotels', 'The customer is delighted'));
  return board;
}

/** @type {Record<string, (now: number) => Board>} */
export const scenes = {
  busy, empty, strange, crowded,
  starting: (now) => ({ ...empty(now), source: { state: 'starting', partitions: { seen: 3, of: 12 }, lost_cards: 0, interactions: { open: 0, final: 0, since: null } } }),
  stalled: (now) => ({ ...busy(now), source: { ...busy(now).source, state: 'stalled' } }),
  ended: (now) => ({ ...withConcerns(busy(now), [], now), source: { ...busy(now).source, state: 'ended' } }),
  lossy: (now) => ({ ...busy(now), source: { ...busy(now).source, lost_cards: 1204 } }),
};
