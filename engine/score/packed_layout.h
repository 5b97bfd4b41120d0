/*
 * packed_layout: what the files of packed share. For them alone; packed.h has the head's places.
 *
 * A record:
 *
 *   byte     shape in the low three bits, 0: a new one follows; then bits FLAG_…
 *   shape    if new: type and speaker in four bits each, channel and ended_by likewise, a byte of has (bits 0-7 of a record's), words of
 *            the name, varint two bits a string (0 absent, 1 as its last literal, 2 a literal), then SHAPE_ bits; varint packs
 *   varints  differences of offset (plus BACKWARD), seq (zigzag), ts (plus BACKWARD; of seconds, where it is whole ones); of end_ts and
 *            ts (zigzag); confidence, open_chats; rating, scale (zigzag);
 *            target_seq; then bytes of the text, tokens
 *   byte     content words in the low four bits, hits of the first pack in the high ones; where there are 15 or more of either, a varint of
 *            how many more
 *   6        H
 *   words    with FLAG_KNOWN, the content words that the dictionary has: a byte each, their place in it, WORDS_LAST in the last of these
 *   4 each   of the others those for which the dictionary has no room; it takes the rest
 *   names    unless they are as before, how many words the name has, a byte, and 4 each
 *   a pack   unless it is the first, varint hits; varint faults, if any has one; a hit (HIT_…); a fault: varint cue
 *   strings  varint length and bytes, of literals
 *   quotes   a hit: if it is odd, varint of the length plus one, 0: the quote of the hit before; then the bytes. A hit that is not odd
 *            has the quote of the hit before if it has its place too, else one as long as itself
 *
 * The dictionary is the first CM_PACKED_WORDS_MAX distinct content words of the interaction, 4 bytes each, behind all records, where a
 * record moves no more than 512 bytes to make room. Of real conversations it has a quarter to a third of the words, when they come.
 *
 * Shapes are numbered from 1 as they come and replace one another. What a later record refers to (literals, names, shapes) must stand
 * within the first 64 KiB; what stands behind is not referred to.
 */
#ifndef CM_SCORE_PACKED_LAYOUT_H
#define CM_SCORE_PACKED_LAYOUT_H

#include "score/packed.h"
#include "score/record_layout.h"

#define CM_PACKED_SHAPES 7u
#define CM_PACKED_WORDS_MAX 128u
/* Of one: four bytes, varints of 20 bits and of 16. */
#define CM_PACKED_SHAPE_BYTES 10u

enum {
    CM_PACKED_AT_MAGIC = 0,
    CM_PACKED_AT_ID_LEN = 2,
    CM_PACKED_AT_RECORDS = 4,
    CM_PACKED_AT_MESSAGES = 8,
    CM_PACKED_AT_PATH = 12,
    CM_PACKED_AT_LAST = 16,
    CM_PACKED_AT_PLACES = 40,
    CM_PACKED_AT_WORDS = 75,
    CM_PACKED_HEAD_BYTES = 76,
};

enum { FLAG_NEXT_SEQ = 1u << 3, FLAG_BACKCHANNEL = 1u << 4, FLAG_QUOTES = 1u << 5, FLAG_KNOWN = 1u << 6, FLAG_SECONDS = 1u << 7 };
enum { SHAPE_FAULTS = 1u << 18, SHAPE_SAME_NAMES = 1u << 19 };
enum { STRING_ABSENT, STRING_SAME, STRING_LITERAL };

/*
 * A hit: three bytes, where it has no name and all fit; else a byte of HIT_ bits and varints: cue, start - last start, length; the name.
 *
 *   bit 0 HIT_LONG   1 HIT_ODD   2-11 cue   12-17 start - last start   18-23 length
 */
enum { HIT_LONG = 1u << 0, HIT_ODD = 1u << 1, HIT_NAMED = 1u << 2, HIT_SHORT_BYTES = 3, HIT_CUES = 1u << 10, HIT_SPAN = 1u << 6 };
enum { FEW = 15, WORDS_LAST = 1u << 7, WORD_BYTES = 4 };
_Static_assert(CM_PACKED_WORDS_MAX <= WORDS_LAST, "a place is seven bits");
/* What nearly always goes forward, as time and offsets do: a byte is enough up to 119, and a long step back takes ten. */
enum { BACKWARD = 8 };

/* Where things stand that later records refer to; 0: nowhere. How many words the dictionary has. */
struct cm_packed_places {
    uint16_t literals[CM_RECORD_STRING_COUNT], names, shapes[CM_PACKED_SHAPES];
    uint8_t next_shape /* index */, words;
};
_Static_assert(sizeof(struct cm_packed_places) == CM_PACKED_HEAD_BYTES - CM_PACKED_AT_PLACES, "the layout in packed.h");
_Static_assert(CM_PACKED_AT_PLACES + offsetof(struct cm_packed_places, words) == CM_PACKED_AT_WORDS, "it is read alone");

/* Of the last record that had them. */
struct cm_packed_last {
    uint64_t seq;
    int64_t ts;
    uint64_t offset;
};

static inline void cm_packed_note(uint16_t *place, uint64_t at)
{
    if (at <= UINT16_MAX)
        *place = (uint16_t)at;
}

static inline void cm_packed_note_shape(struct cm_packed_places *places, uint64_t at)
{
    if (at > UINT16_MAX)
        return;
    places->shapes[places->next_shape] = (uint16_t)at;
    places->next_shape = (uint8_t)((places->next_shape + 1u) % CM_PACKED_SHAPES);
}

/* Has hit the quote of the hit before it, if it is not odd? */
static inline bool cm_packed_quote_again(const struct cm_hit *hits, uint32_t i)
{
    return i > 0 && hits[i].start == hits[i - 1].start && hits[i].end == hits[i - 1].end;
}

/* Of sound ones: bytes of the dictionary, which is all that stands behind the records. */
static inline size_t cm_packed_dictionary_bytes(struct cm_span packed)
{
    return WORD_BYTES * (size_t)(uint8_t)packed.ptr[CM_PACKED_AT_WORDS];
}

/* The words of a record that the dictionary has, ascending, and where. */
struct cm_packed_known {
    uint32_t count, words[CM_PACKED_WORDS_MAX];
    uint8_t places[CM_PACKED_WORDS_MAX];
};

/* packed_words.c: as long as the words of a record ascend, each is there once. */
bool cm_packed_words_ascend(const struct cm_record *record);
void cm_packed_look_up(const struct cm_record *record, struct cm_span dictionary, struct cm_packed_known *known);

/*
 * packed_write.c: append the record as it will stand behind the records of packed, which is what is there so far; then the words that are
 * new in the dictionary, as many as it has more in places.
 */
void cm_packed_put(struct cm_buffer *out, const struct cm_record *record, struct cm_span packed, struct cm_packed_places *places,
                   struct cm_packed_last *last);
/* packed_read.c: what places tells is within the packed bytes, and behind their head. */
bool cm_packed_places_sound(struct cm_span packed, const struct cm_packed_places *places);

#endif
