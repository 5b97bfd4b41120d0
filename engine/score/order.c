/*
 * Which events stand, and in which order (rules/REFERENCE.md §8). Every comparison here
 * is total over what can differ, so that the result is a function of the set.
 */
#include "score/private.h"

/* Names of speakers in bytewise order: absent, agent, bot, customer, lead, system. */
static const uint8_t speaker_rank[CM_SPEAKER_COUNT] = {
    [CM_SPEAKER_NONE] = 0,     [CM_SPEAKER_AGENT] = 1, [CM_SPEAKER_BOT] = 2,
    [CM_SPEAKER_CUSTOMER] = 3, [CM_SPEAKER_LEAD] = 4,  [CM_SPEAKER_SYSTEM] = 5,
};

static int compare_u64(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_seq(const struct cm_record *a, const struct cm_record *b)
{
    bool has_a = a->has & CM_HAS_SEQ, has_b = b->has & CM_HAS_SEQ;
    return has_a != has_b ? has_a - has_b : has_a ? compare_u64(a->seq, b->seq) : 0;
}

static int compare_ts(const struct cm_record *a, const struct cm_record *b)
{
    bool has_a = a->has & CM_HAS_TS, has_b = b->has & CM_HAS_TS;
    return has_a != has_b ? has_a - has_b : has_a ? (a->ts > b->ts) - (a->ts < b->ts) : 0;
}

static int compare_origin(const struct cm_record *a, const struct cm_record *b)
{
    int order = compare_u64(a->origin.path, b->origin.path);
    return order ? order : compare_u64(a->origin.offset, b->origin.offset);
}

/* speaker, H; the origin last, for events that are alike in all else. */
static int compare_rest(const struct cm_record *a, const struct cm_record *b)
{
    int order = (int)speaker_rank[a->speaker] - (int)speaker_rank[b->speaker];
    if (!order)
        order = compare_u64(a->hash, b->hash);
    return order ? order : compare_origin(a, b);
}

/* Of two events with one identity the lesser stays. */
static int compare_identity(const struct cm_record *a, const struct cm_record *b)
{
    int order = compare_ts(a, b);
    return order ? order : compare_rest(a, b);
}

/* ------------------------------------------------------------------ identity */

static bool same_identity(const struct cm_record *a, const struct cm_record *b)
{
    if (a->event_id.ptr || b->event_id.ptr)
        return a->event_id.ptr && b->event_id.ptr && cm_span_equal(a->event_id, b->event_id);
    return a->seq == b->seq;
}

static uint64_t identity_hash(const struct cm_record *record)
{
    return record->event_id.ptr ? cm_hash64(record->event_id) : (record->seq + 1) * UINT64_C(0x9E3779B97F4A7C15);
}

/* The slot of this identity: that of an event kept before, or a free one. */
static uint32_t *find_slot(struct cm_interaction *in, const struct cm_record *record)
{
    size_t mask = in->slot_count - 1;
    size_t at = (size_t)(identity_hash(record) >> 20) & mask;
    while (in->slots[at] && !same_identity(in->kept[in->slots[at] - 1], record))
        at = (at + 1) & mask;
    return &in->slots[at];
}

static enum cm_status room_for_identities(struct cm_interaction *in)
{
    size_t count = 16;
    while (count < in->record_count * 2)
        count *= 2;
    enum cm_status status = cm_grow(&in->slots, &in->slot_cap, count, sizeof *in->slots);
    if (status == CM_OK)
        status = cm_grow(&in->kept, &in->kept_cap, in->record_count, sizeof(struct cm_record *));
    if (status == CM_OK)
        memset(in->slots, 0, count * sizeof *in->slots);
    in->slot_count = count;
    return status;
}

/* Duplicates dropped, conflicts settled. */
static enum cm_status keep(struct cm_interaction *in)
{
    enum cm_status status = room_for_identities(in);
    in->kept_count = 0;
    for (size_t i = 0; status == CM_OK && i < in->record_count; i++) {
        struct cm_record *record = &in->records[i];
        record->turn = CM_NONE;
        if (record->type == CM_RECORD_INCOMPLETE) {
            in->flags |= 1u << CM_FLAG_INCOMPLETE;
            continue;
        }
        uint32_t *slot = NULL;
        if (record->event_id.ptr || record->has & CM_HAS_SEQ)
            slot = find_slot(in, record);
        if (!slot || !*slot) {
            in->kept[in->kept_count++] = record;
            if (slot)
                *slot = (uint32_t)in->kept_count;
            continue;
        }
        struct cm_record **before = &in->kept[*slot - 1];
        if ((*before)->hash != record->hash)
            in->flags |= 1u << CM_FLAG_CONFLICT;
        if (compare_identity(record, *before) < 0)
            *before = record;
    }
    return status;
}

/* --------------------------------------------------------------------- order */

enum order { ORDER_SEQ, ORDER_TS, ORDER_SOURCE };

/* start, then messages and marks, then end. */
static int rank_of(const struct cm_record *record)
{
    return record->type == CM_EVENT_START ? 0 : record->type == CM_EVENT_END ? 2 : 1;
}

static int compare_placed(const struct cm_record *a, const struct cm_record *b, enum order by)
{
    int order = rank_of(a) - rank_of(b);
    if (!order && by == ORDER_SOURCE)
        return compare_origin(a, b);
    if (!order)
        order = by == ORDER_SEQ ? compare_seq(a, b) : compare_ts(a, b);
    if (!order)
        order = by == ORDER_SEQ ? compare_ts(a, b) : compare_seq(a, b);
    return order ? order : compare_rest(a, b);
}

static void merge(struct cm_record **from, struct cm_record **to, size_t low, size_t middle, size_t high, enum order by)
{
    size_t a = low, b = middle;
    for (size_t i = low; i < high; i++)
        to[i] = a < middle && (b >= high || compare_placed(from[a], from[b], by) <= 0) ? from[a++] : from[b++];
}

static bool is_sorted(struct cm_record *const *items, size_t count, enum order by)
{
    for (size_t i = 1; i < count; i++)
        if (compare_placed(items[i - 1], items[i], by) > 0)
            return false;
    return true;
}

/* Bottom-up merge sort: no allocation of its own, no worst case; most archives are in order already. */
static enum cm_status sort_placed(struct cm_interaction *in, enum order by)
{
    size_t count = in->kept_count;
    if (is_sorted(in->kept, count, by))
        return CM_OK;
    enum cm_status status = cm_grow(&in->spare, &in->spare_cap, count, sizeof(struct cm_record *));
    if (status != CM_OK)
        return status;
    struct cm_record **from = in->kept, **to = in->spare;
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t low = 0; low < count; low += 2 * width) {
            size_t middle = low + width < count ? low + width : count;
            merge(from, to, low, middle, middle + width < count ? middle + width : count, by);
        }
        struct cm_record **swap = from;
        from = to;
        to = swap;
    }
    if (from != in->kept)
        memcpy(in->kept, from, count * sizeof(struct cm_record *));
    return CM_OK;
}

static enum order order_of(const struct cm_interaction *in)
{
    bool seq = true, ts = true;
    for (size_t i = 0; i < in->kept_count; i++) {
        if (in->kept[i]->type != CM_EVENT_MESSAGE)
            continue;
        seq = seq && in->kept[i]->has & CM_HAS_SEQ;
        ts = ts && in->kept[i]->has & CM_HAS_TS;
    }
    return seq ? ORDER_SEQ : ts ? ORDER_TS : ORDER_SOURCE;
}

/* An interaction without messages has no order that a mark could lack a key of. */
static bool has_messages(const struct cm_interaction *in)
{
    for (size_t i = 0; i < in->kept_count; i++)
        if (in->kept[i]->type == CM_EVENT_MESSAGE)
            return true;
    return false;
}

/* Edits aside; marks without a place out. */
static enum cm_status separate(struct cm_interaction *in, enum order by)
{
    enum cm_status status = CM_OK;
    size_t count = 0;
    bool loose = by == ORDER_SOURCE || !has_messages(in);
    uint32_t key = by == ORDER_SEQ ? CM_HAS_SEQ : CM_HAS_TS;
    in->edit_count = 0;
    for (size_t i = 0; status == CM_OK && i < in->kept_count; i++) {
        struct cm_record *record = in->kept[i];
        if (record->type == CM_EVENT_EDIT || record->type == CM_EVENT_DELETE) {
            status = cm_grow(&in->edits, &in->edit_cap, in->edit_count + 1, sizeof(struct cm_record *));
            if (status == CM_OK)
                in->edits[in->edit_count++] = record;
        } else if (rank_of(record) == 1 && !loose && !(record->has & key)) {
            in->flags |= 1u << CM_FLAG_UNPLACED;
        } else {
            in->kept[count++] = record;
        }
    }
    in->kept_count = count;
    return status;
}

/* --------------------------------------------------------------------- edits */

/* By (seq, ts, H), and any delete after any edit. */
static bool is_later(const struct cm_record *edit, const struct cm_record *than)
{
    if (!than || edit->type != than->type)
        return !than || edit->type == CM_EVENT_DELETE;
    int order = compare_seq(edit, than);
    if (!order)
        order = compare_ts(edit, than);
    if (!order)
        order = compare_u64(edit->hash, than->hash);
    return order > 0;
}

static const struct cm_record *by_event_id(struct cm_interaction *in, struct cm_span id)
{
    /* kept is in order by now, the table is not: look through what was kept under this id */
    size_t mask = in->slot_count - 1;
    size_t at = (size_t)(cm_hash64(id) >> 20) & mask;
    for (; in->slots[at]; at = (at + 1) & mask) {
        const struct cm_record *record = &in->records[in->slots[at] - 1];
        if (record->event_id.ptr && cm_span_equal(record->event_id, id))
            return record;
    }
    return NULL;
}

/* The first turn in order with this seq. */
static uint32_t turn_by_seq(const struct cm_interaction *in, uint64_t seq)
{
    size_t low = 0, high = in->turn_count;
    while (in->by_seq && low < high) {
        size_t middle = (low + high) / 2;
        if (in->turns[middle].message->seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    for (size_t i = low; i < in->turn_count; i++) {
        const struct cm_record *message = in->turns[i].message;
        if (message->has & CM_HAS_SEQ && message->seq == seq)
            return (uint32_t)i;
        if (in->by_seq)
            return CM_NONE;
    }
    return CM_NONE;
}

static uint32_t target_of(struct cm_interaction *in, const struct cm_record *edit)
{
    if (edit->target_event_id.ptr) {
        const struct cm_record *target = by_event_id(in, edit->target_event_id);
        return target ? target->turn : CM_NONE;
    }
    return edit->has & CM_HAS_TARGET_SEQ ? turn_by_seq(in, edit->target_seq) : CM_NONE;
}

static void apply_edits(struct cm_interaction *in)
{
    for (size_t i = 0; i < in->edit_count; i++) {
        const struct cm_record *edit = in->edits[i];
        uint32_t turn = target_of(in, edit);
        if (turn == CM_NONE)
            in->flags |= 1u << CM_FLAG_ORPHAN_EDIT;
        else if (is_later(edit, in->turns[turn].edit))
            in->turns[turn].edit = edit;
    }
    for (size_t i = 0; in->edit_count && i < in->turn_count; i++) {
        struct cm_turn *turn = &in->turns[i];
        if (turn->edit)
            turn->words = turn->edit->type == CM_EVENT_EDIT ? turn->edit : NULL;
    }
}

/* ---------------------------------------------------------------------- turns */

static void first_known(struct cm_span *field, struct cm_span value)
{
    if (!field->ptr)
        *field = value;
}

/* A customer goes by a few words; a stream of ever new names must not cost the square of it. */
#define CM_NAMES_MAX 64u
/* Several times the name that the redactor looks for. */
#define CM_FULL_NAMES_BYTES ((size_t)2048)

static enum cm_status add_names(struct cm_interaction *in, const struct cm_record *record)
{
    for (uint32_t i = 0; i < record->name_count; i++) {
        enum cm_status status = cm_grow(&in->names, &in->name_cap, in->name_count + 1, sizeof *in->names);
        if (status != CM_OK)
            return status;
        size_t at = 0;
        while (at < in->name_count && in->names[at] != record->names[i])
            at++;
        if (at < in->name_count || at == CM_NAMES_MAX)
            continue;
        in->names[at] = record->names[i];
        in->name_count++;
    }
    return CM_OK;
}

/*
 * Every name of the customer that any event tells, for the quotes: " Ann Lee Ann ". Far more than a name can be is not gone on with: what
 * is there is too long for the redactor already, and it then withholds every quote.
 */
static enum cm_status take_full_name(struct cm_interaction *in, struct cm_span name)
{
    struct cm_buffer *names = &in->full_names;
    if (name.len == 0 || names->len > CM_FULL_NAMES_BYTES)
        return CM_OK;
    size_t before = names->len ? names->len - 1 : 0;
    names->len = before;
    cm_buffer_byte(names, ' ');
    cm_buffer_span(names, name);
    cm_buffer_byte(names, ' ');
    if (before && !names->failed && memmem(names->ptr, before + 1, names->ptr + before, names->len - before))
        names->len = before + 1;
    return cm_buffer_status(names);
}

static enum cm_status take_fields(struct cm_interaction *in, const struct cm_record *record)
{
    if (in->channel == CM_CHANNEL_NONE)
        in->channel = record->channel;
    first_known(&in->queue, record->queue);
    first_known(&in->team, record->team);
    first_known(&in->lang, record->lang);
    first_known(&in->customer_id, record->customer_id);
    enum cm_status status = take_full_name(in, record->customer_name);
    return status == CM_OK ? add_names(in, record) : status;
}

static enum cm_status add_turn(struct cm_interaction *in, struct cm_record *record, int64_t *clock)
{
    if (in->turn_count == CM_TURNS_MAX) {
        in->flags |= 1u << CM_FLAG_TOO_MANY_TURNS;
        return CM_OK;
    }
    enum cm_status status = cm_grow(&in->turns, &in->turn_cap, in->turn_count + 1, sizeof *in->turns);
    if (status != CM_OK)
        return status;
    int64_t ts = record->has & CM_HAS_TS ? record->ts : CM_TIME_NONE;
    int64_t end_ts = record->has & CM_HAS_END_TS ? record->end_ts : CM_TIME_NONE;
    bool backwards = ts != CM_TIME_NONE && *clock != CM_TIME_NONE && ts < *clock;
    if (end_ts != CM_TIME_NONE && ts != CM_TIME_NONE && end_ts < ts) {
        backwards = true;
        end_ts = CM_TIME_NONE;
    }
    if (backwards)
        in->flags |= 1u << CM_FLAG_CLOCK_BACKWARDS;
    if (ts != CM_TIME_NONE)
        *clock = ts;
    record->turn = (uint32_t)in->turn_count;
    in->turns[in->turn_count++] = (struct cm_turn){
        .message = record, .words = record, .ts = ts, .end_ts = end_ts, .agent = CM_NONE, .run = CM_NONE, .speaker = record->speaker};
    return CM_OK;
}

static enum cm_status add_mark(struct cm_interaction *in, const struct cm_record *record)
{
    enum cm_status status = cm_grow(&in->marks, &in->mark_cap, in->mark_count + 1, sizeof *in->marks);
    if (status == CM_OK)
        in->marks[in->mark_count++] = (struct cm_mark){record, (uint32_t)in->turn_count, CM_NONE};
    if (record->type == CM_EVENT_END)
        in->end = record;
    if (record->type == CM_EVENT_FEEDBACK && record->has & CM_HAS_RATING)
        in->rating = record;
    return status;
}

/* Start and end on the clock: of the first mark or message that has one, of the last end or message that has one. */
static void take_times(struct cm_interaction *in)
{
    in->started_at = in->ended_at = CM_TIME_NONE;
    for (size_t i = 0; i < in->kept_count; i++) {
        const struct cm_record *record = in->kept[i];
        bool counts = record->type == CM_EVENT_MESSAGE || record->type == CM_EVENT_START || record->type == CM_EVENT_END;
        if (!counts || !(record->has & (CM_HAS_TS | CM_HAS_END_TS)))
            continue;
        int64_t from = record->has & CM_HAS_TS ? record->ts : record->end_ts;
        int64_t to = record->has & CM_HAS_END_TS ? record->end_ts : record->ts;
        if (in->started_at == CM_TIME_NONE)
            in->started_at = from;
        if (record->type != CM_EVENT_START || in->ended_at == CM_TIME_NONE)
            in->ended_at = to;
    }
}

static enum cm_status place(struct cm_interaction *in)
{
    enum cm_status status = CM_OK;
    int64_t clock = CM_TIME_NONE;
    in->turn_count = in->mark_count = in->name_count = 0;
    cm_buffer_reset(&in->full_names);
    in->channel = CM_CHANNEL_NONE;
    in->queue = in->team = in->lang = in->customer_id = (struct cm_span){NULL, 0};
    in->end = in->rating = NULL;
    for (size_t i = 0; status == CM_OK && i < in->kept_count; i++) {
        struct cm_record *record = in->kept[i];
        status = record->type == CM_EVENT_MESSAGE ? add_turn(in, record, &clock) : add_mark(in, record);
        if (status == CM_OK)
            status = take_fields(in, record);
    }
    take_times(in);
    return status;
}

enum cm_status cm_interaction_order(struct cm_interaction *in)
{
    enum cm_status status = keep(in);
    if (status != CM_OK)
        return status;
    in->id = in->record_count ? in->records[0].interaction_id : (struct cm_span){"", 0};
    /* from here on the table leads to records: kept is about to be sorted */
    for (size_t i = 0; i < in->slot_count; i++)
        if (in->slots[i])
            in->slots[i] = (uint32_t)(in->kept[in->slots[i] - 1] - in->records) + 1;
    enum order by = order_of(in);
    in->by_seq = by == ORDER_SEQ;
    if (by == ORDER_SOURCE)
        in->flags |= 1u << CM_FLAG_UNORDERED;
    status = separate(in, by);
    if (status == CM_OK)
        status = sort_placed(in, by);
    if (status == CM_OK)
        status = place(in);
    if (status == CM_OK)
        apply_edits(in);
    return status;
}
