// What docs/wallboard-api.md says, for whoever checks our JSDoc. Not served.

export type Zone = 'below' | 'near' | 'reached' | null;

export interface Concern {
  interaction_id: string; channel: string | null; queue: string | null; agent_id: string | null;
  since: string; late_at: string; state: 'unmet' | 'half'; uncared: boolean; words: string | null; behaviour: string; title: string; more: number;
}
export interface Concerns { count: number; uncared: number; late: number; worst_since: string | null; list: Concern[] }
export interface Dimension { id: string; title: string; n: number; score: number | null; target: number | null; zone_of_score: Zone; unvalidated: boolean }
export interface Care {
  n: number; score: number | null; target: number | null; zone_of_score: Zone; unvalidated: boolean; dimensions: Dimension[];
  trend: { from: string; n: number; score: number | null }[];
  unscored: { n: number; reasons: { reason: string; title: string; n: number }[] };
}
export interface Queue { queue: string | null; n: number; score: number | null; open: number; concerns: number; worst_since: string | null }
export interface Moment {
  at: string; kind: 'praise' | 'care'; interaction_id: string; channel: string | null; queue: string | null; agent_id: string | null; title: string; words: string | null;
}
export interface Promise_ {
  interaction_id: string; channel: string | null; queue: string | null; agent_id: string | null; made_at: string | null; due_at: string | null;
  state: 'open' | 'due' | 'broken'; words: string | null; broken_by: { interaction_id: string; words: string | null } | null;
}
export interface Letter { n: number; queues: string[]; first_at: string; last_at: string; words: string; interaction_ids: string[] }
export interface Source {
  state: 'starting' | 'live' | 'stalled' | 'ended'; partitions: { seen: number; of: number } | null; lost_cards: number;
  interactions: { open: number; final: number; since: string | null };
}
export interface Board {
  version: number; clock: { now: string; rate: number }; queue: string | null;
  settings: { window_s: number; zone: string; late_s: Record<string, number>; agents: boolean };
  source: Source; concerns: Concerns; care: Care; queues: { least: number; list: Queue[] }; moments: { list: Moment[] };
  promises: { open: number; due: number; broken: number; list: Promise_[] }; letters: { list: Letter[] };
}

export interface Evidence { turn: number; seq: number | null; rule: string; start: number; end: number; quote?: string }
export interface Outcome {
  id: string; outcome: 'delivered' | 'partial' | 'missed' | 'pending' | 'no_opportunity' | 'not_evaluated'; reason?: string;
  credit: number; seen: number; met: number; agent_id: string | null; evidence: Evidence[]; searched?: { from: number; to: number };
}
export interface Pending {
  id: string; dimension?: string; kind?: string; agent_id: string | null; since?: string | null; state?: 'unmet' | 'half' | 'due'; evidence?: Evidence[];
}
export interface CardMoment { id: string; kind?: string; dimension?: string | null; agent_id?: string | null; at?: string | null; evidence: Evidence }
export interface Card {
  schema_version: string; interaction_id: string; engine: string; pack: { name: string; version: string; hash: string }; channel: string | null; lang: string | null;
  agents: { agent_id: string | null; turns: number; care: Record<string, number | null> }[]; agent_id: string | null; queue: string | null; team: string | null;
  started_at: string | null; ended_at: string | null; turns: { agent: number; customer: number; bot: number };
  care: Record<string, number | null>; coverage: number | null; behaviours: Outcome[];
  customer_outcome: { resolution: string; delight: number; thanks: number; feedback?: { rating: number; scale: number | null } };
  timing: Record<string, number | null>; flags: string[]; status: 'open' | 'final'; revision: number; pending?: Pending[]; moments?: CardMoment[];
}
export interface Behaviour { title: string; dimension: string; kind: 'expected' | 'opportunity' | 'timed' | 'bonus' | 'penalty'; unvalidated: boolean }
export interface Mark { behaviour: string; start: number; end: number }
export interface Turn {
  turn: number; seq: number | null; ts: string | null; speaker: string; agent_id: string | null; text: string | null; deleted: boolean; marks?: Mark[];
}
export interface Interaction {
  version: number; clock: { now: string; rate: number }; interaction_id: string; status: 'open' | 'final'; cards: Card[];
  behaviours: Record<string, Behaviour>; dimensions: Record<string, string>; turns: Turn[]; text: 'kept' | 'not kept' | 'gone';
}

/** What panels need beside their section. */
export interface Context { board: Board; now: number }
