/*
 * The words of a record in the dictionary of its interaction. One pass over the dictionary, whatever the number of words: which of its
 * words may be among the record's is told by their first bits, and few pass that are not.
 */
#include "score/packed_layout.h"

enum { FIRST_BITS = 6 };

static uint64_t first_bit(uint32_t word)
{
    return UINT64_C(1) << (word >> (32 - FIRST_BITS));
}

static bool holds(const struct cm_record *record, uint32_t word)
{
    uint32_t from = 0, to = record->content_count;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (record->content[middle] < word)
            from = middle + 1;
        else
            to = middle;
    }
    return from < record->content_count && record->content[from] == word;
}

/* In its order. A damaged dictionary may have a word twice. */
static void insert(struct cm_packed_known *known, uint32_t word, uint32_t place)
{
    uint32_t at = known->count;
    while (at > 0 && known->words[at - 1] > word)
        at--;
    if (at > 0 && known->words[at - 1] == word)
        return;
    memmove(known->words + at + 1, known->words + at, (known->count - at) * sizeof *known->words);
    memmove(known->places + at + 1, known->places + at, known->count - at);
    known->words[at] = word;
    known->places[at] = (uint8_t)place;
    known->count++;
}

bool cm_packed_words_ascend(const struct cm_record *record)
{
    for (uint32_t i = 1; i < record->content_count; i++)
        if (record->content[i] <= record->content[i - 1])
            return false;
    return true;
}

void cm_packed_look_up(const struct cm_record *record, struct cm_span dictionary, struct cm_packed_known *known)
{
    uint64_t bits = 0;
    known->count = 0;
    for (uint32_t i = 0; i < record->content_count; i++)
        bits |= first_bit(record->content[i]);
    for (uint32_t place = 0; place < dictionary.len / WORD_BYTES; place++) {
        uint32_t word;
        memcpy(&word, dictionary.ptr + WORD_BYTES * (size_t)place, sizeof word);
        if (bits & first_bit(word) && holds(record, word))
            insert(known, word, place);
    }
}
