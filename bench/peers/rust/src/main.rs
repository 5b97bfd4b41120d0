//! Rust's RegexSet: all patterns in one automaton, built while it scans, which says which of them match.
//! Turns, cues and passes are as README.md of the folder above says. One thread.

use regex::bytes::{RegexSet, RegexSetBuilder};
use std::collections::HashMap;
use std::io::{BufRead, BufWriter, Write};
use std::time::Instant;

/// For the compiled patterns, and for the states of the lazy automaton: both more than any of our sets takes.
const SIZE_LIMIT_BYTES: usize = 4 << 30;
const STATES_LIMIT_BYTES: usize = 1 << 30;

type Fault = Box<dyn std::error::Error>;

struct Set {
    patterns: RegexSet,
    cues: Vec<usize>,
}

struct Turn {
    set: Option<usize>,
    text: Vec<u8>,
}

struct Peer {
    cues: Vec<String>,
    sets: Vec<Set>,
    turns: Vec<Turn>,
    last: Vec<u64>,
    counts: Vec<u64>,
    turn: u64,
}

type Patterns = Vec<(String, usize)>;

fn read_cues(path: &str) -> Result<(Vec<String>, HashMap<u32, Patterns>), Fault> {
    let (mut cues, mut numbers) = (Vec::new(), HashMap::new());
    let mut by_speaker: HashMap<u32, Patterns> = HashMap::new();
    for line in std::fs::read_to_string(path)?.split_terminator('\n') {
        let mut fields = line.splitn(3, '\t');
        let (Some(cue), Some(speakers), Some(pattern)) = (fields.next(), fields.next(), fields.next()) else {
            return Err("a line of the cues is not cue, speakers, pattern".into());
        };
        let number = *numbers.entry(cue.to_string()).or_insert_with(|| {
            cues.push(cue.to_string());
            cues.len() - 1
        });
        let speakers: u32 = speakers.parse()?;
        for bit in (0..6).map(|shift| 1 << shift).filter(|bit| speakers & bit != 0) {
            by_speaker.entry(bit).or_default().push((pattern.to_string(), number));
        }
    }
    Ok((cues, by_speaker))
}

/// Speakers with the same patterns share a set.
fn compile(by_speaker: HashMap<u32, Patterns>) -> Result<(Vec<Set>, HashMap<u32, usize>), Fault> {
    let (mut sets, mut made, mut set_of) = (Vec::new(), HashMap::new(), HashMap::new());
    for (bit, patterns) in by_speaker {
        if !made.contains_key(&patterns) {
            let set = RegexSetBuilder::new(patterns.iter().map(|(pattern, _)| pattern))
                .unicode(false)
                .size_limit(SIZE_LIMIT_BYTES)
                .dfa_size_limit(STATES_LIMIT_BYTES)
                .build()?;
            sets.push(Set { patterns: set, cues: patterns.iter().map(|(_, cue)| *cue).collect() });
            made.insert(patterns.clone(), sets.len() - 1);
        }
        set_of.insert(bit, made[&patterns]);
    }
    Ok((sets, set_of))
}

/// Mark, space, tokens, space, mark.
fn read_turns(path: &str, set_of: &HashMap<u32, usize>) -> Result<Vec<Turn>, Fault> {
    let records = std::fs::read(path)?;
    let mut turns = Vec::new();
    for record in records.split_inclusive(|byte| *byte == 0) {
        let record = &record[..record.len() - 1];
        let tab = record.iter().position(|byte| *byte == b'\t').ok_or("a turn is not speaker, text")?;
        let speaker: u32 = std::str::from_utf8(&record[..tab])?.parse()?;
        let text = [b"\x1e ", &record[tab + 1..], b" \x1e"].concat();
        turns.push(Turn { set: set_of.get(&speaker).copied(), text });
    }
    Ok(turns)
}

impl Peer {
    fn pass(&mut self, from: usize, to: usize) -> u64 {
        let mut pairs = 0;
        self.counts.fill(0);
        for turn in &self.turns[from..to] {
            self.turn += 1;
            let Some(set) = turn.set.map(|number| &self.sets[number]) else { continue };
            for pattern in &set.patterns.matches(&turn.text) {
                let cue = set.cues[pattern];
                if self.last[cue] != self.turn {
                    self.last[cue] = self.turn;
                    self.counts[cue] += 1;
                    pairs += 1;
                }
            }
        }
        pairs
    }

    fn put_counts(&self, path: &str) -> Result<(), Fault> {
        let mut out = BufWriter::new(std::fs::File::create(path)?);
        for (cue, count) in self.cues.iter().zip(&self.counts) {
            writeln!(out, "{cue}\t{count}")?;
        }
        Ok(out.flush()?)
    }
}

#[repr(C)]
struct Timespec {
    seconds: i64,
    nanoseconds: i64,
}

extern "C" {
    fn clock_gettime(clock: i32, now: *mut Timespec) -> i32;
}

/// Of the process; the standard library has no such clock.
fn cpu_seconds() -> f64 {
    const CLOCK_PROCESS_CPUTIME_ID: i32 = 2;
    let mut now = Timespec { seconds: 0, nanoseconds: 0 };
    // SAFETY: now is a timespec of 64-bit Linux, and outlives the call.
    unsafe { clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &mut now) };
    now.seconds as f64 + now.nanoseconds as f64 * 1e-9
}

fn main() -> Result<(), Fault> {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.len() != 4 {
        return Err("usage: peer TURNS CUES TREES".into());
    }
    let (cues, by_speaker) = read_cues(&arguments[2])?;
    let begin = Instant::now();
    let (sets, set_of) = compile(by_speaker)?;
    let compiled = begin.elapsed().as_secs_f64();
    let turns = read_turns(&arguments[1], &set_of)?;
    let patterns: usize = sets.iter().map(|set| set.cues.len()).sum();
    println!(
        "{{\"peer\": \"Rust RegexSet\", \"patterns\": {patterns}, \"turns\": {}, \"compile_seconds\": {compiled:.6}}}",
        turns.len()
    );
    let count = cues.len();
    let mut peer = Peer { cues, sets, turns, last: vec![0; count], counts: vec![0; count], turn: 0 };
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let mut fields = line.splitn(3, ' ');
        let (Some(from), Some(to), Some(path)) = (fields.next(), fields.next(), fields.next()) else {
            return Err("a pass is from, to, counts".into());
        };
        let (begin, cpu) = (Instant::now(), cpu_seconds());
        let pairs = peer.pass(from.parse()?, to.parse()?);
        let (seconds, cpu) = (begin.elapsed().as_secs_f64(), cpu_seconds() - cpu);
        peer.put_counts(path)?;
        println!("{{\"seconds\": {seconds:.9}, \"cpu_seconds\": {cpu:.9}, \"pairs\": {pairs}}}");
    }
    Ok(())
}
