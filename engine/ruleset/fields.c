#include "ruleset/fields.h"

#include <stdio.h>
#include <stdlib.h>

/* Room for an int64_t with a point. */
#define CM_DECIMAL_TEXT_BYTES 32u

void *cm_draft_alloc(struct cm_draft *draft, size_t count, size_t size)
{
    void *memory = cm_arena_calloc(&draft->arena, count, size);
    if (!memory)
        draft->status = CM_ENOMEM;
    return memory;
}

struct cm_span cm_draft_keep(struct cm_draft *draft, struct cm_span text)
{
    struct cm_span copy = cm_arena_copy(draft->image, text);
    if (!copy.ptr)
        draft->status = CM_ENOMEM;
    return copy;
}

const char *cm_nearest_help(struct cm_draft *draft, const struct cm_nearest *nearest)
{
    if (!nearest->best.ptr)
        return NULL;
    return cm_arena_printf(&draft->arena, "did you mean %.*s?", (int)nearest->best.len, nearest->best.ptr);
}

bool cm_expect(struct cm_draft *draft, const struct cm_node *value, enum cm_node_kind kind, const char *key, const char *wanted)
{
    if (value->bad && value->kind != kind)
        return false;
    if (value->kind == kind && !(kind == CM_NODE_SCALAR && cm_node_empty(value)))
        return !(value->bad && kind == CM_NODE_SCALAR);
    if (cm_node_empty(value)) {
        cm_draft_error(draft, "value-missing", value, NULL, "%s has no value; it needs %s", key, wanted);
        return false;
    }
    const char *help = NULL;
    if (kind == CM_NODE_SEQUENCE && value->kind == CM_NODE_SCALAR)
        help = "a list is written [a, b] or with a line \"- a\" for each item";
    else if (kind == CM_NODE_SCALAR && value->kind == CM_NODE_MAPPING)
        help = "text that has a colon and a space in it needs quotes";
    cm_draft_error(draft, "value-type", value, help, "%s needs %s, not %s", key, wanted, cm_node_kind_text(value));
    return false;
}

static const struct cm_field *find_field(const struct cm_field *fields, size_t count, struct cm_span key)
{
    for (size_t i = 0; i < count; i++)
        if (cm_span_equal(cm_span_of(fields[i].key), key))
            return &fields[i];
    return NULL;
}

static void tell_unknown_key(struct cm_draft *draft, const struct cm_node *key, const struct cm_field *fields, size_t count, uint32_t kind,
                             const char *what)
{
    struct cm_nearest nearest = cm_nearest_to(key->text);
    for (size_t i = 0; i < count; i++)
        if (fields[i].kinds & kind)
            cm_nearest_offer(&nearest, cm_span_of(fields[i].key));
    cm_draft_error(draft, "key-unknown", key, cm_nearest_help(draft, &nearest), "%s has no key \"%s\"", what, key->text.ptr);
}

void cm_read_fields(struct cm_draft *draft, const struct cm_node *map, const struct cm_node *at, const struct cm_field *fields,
                    size_t count, uint32_t kind, const char *what, void *target)
{
    for (const struct cm_node *key = map->child; key; key = key->next) {
        const struct cm_field *field = find_field(fields, count, key->text);
        if (!field)
            tell_unknown_key(draft, key, fields, count, kind, what);
        else if (!(field->kinds & kind))
            cm_draft_error(draft, "key-kind", key, NULL, "\"%s\" means nothing for %s", field->key, what);
        else if (cm_node_empty(key->value) && !key->value->bad)
            cm_draft_error(draft, "value-missing", key, NULL, "\"%s\" has no value", field->key);
        else if (!(key->value->bad && key->value->kind == CM_NODE_SCALAR))
            field->read(draft, field, key->value, (char *)target + field->offset);
    }
    if (map->bad)
        return;
    for (size_t i = 0; i < count; i++) {
        bool required = kind == CM_KIND_ANY ? fields[i].required == CM_KIND_ANY : (fields[i].required & kind) != 0;
        if (required && !cm_node_get(map, fields[i].key))
            cm_draft_error(draft, "key-missing", at, NULL, "%s needs the key \"%s\"", what, fields[i].key);
    }
}

void cm_read_nothing(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *value, void *target)
{
    (void)draft, (void)field, (void)value, (void)target;
}

void cm_read_line(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *value, void *target)
{
    if (!cm_expect(draft, value, CM_NODE_SCALAR, field->key, "text"))
        return;
    struct cm_span text = value->text;
    while (text.len && (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == ' '))
        text.len--; /* what a block scalar leaves behind */
    if (text.len == 0)
        cm_draft_error(draft, "value-missing", value, NULL, "\"%s\" is empty", field->key);
    else if (memchr(text.ptr, '\0', text.len) || memchr(text.ptr, '\n', text.len))
        cm_draft_error(draft, "text-line", value, NULL, "\"%s\" must be one line of text", field->key);
    else
        *(const char **)target = cm_draft_keep(draft, text).ptr;
}

void cm_read_bool(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *value, void *target)
{
    if (!cm_expect(draft, value, CM_NODE_SCALAR, field->key, "true or false"))
        return;
    bool yes = value->plain && cm_span_equal(value->text, CM_SPAN("true"));
    if (!yes && !(value->plain && cm_span_equal(value->text, CM_SPAN("false"))))
        cm_draft_error(draft, "value-type", value, NULL, "\"%s\" is true or false, without quotes, not \"%s\"", field->key,
                       value->text.ptr);
    else
        *(bool *)target = yes;
}

static void tell_unknown_name(struct cm_draft *draft, const char *key, const struct cm_node *value, const char *const *names)
{
    struct cm_nearest nearest = cm_nearest_to(value->text);
    char known[256];
    size_t used = 0;
    for (size_t i = 0; names[i]; i++) {
        cm_nearest_offer(&nearest, cm_span_of(names[i]));
        int written = snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", names[i]);
        used = written > 0 && used + (size_t)written < sizeof known ? used + (size_t)written : sizeof known - 1;
    }
    cm_draft_error(draft, "name-unknown", value, cm_nearest_help(draft, &nearest), "\"%s\" is not one of %s (%s)", value->text.ptr, known,
                   key);
}

static bool find_name(const char *const *names, struct cm_span text, unsigned *index)
{
    for (unsigned i = 0; names[i]; i++)
        if (cm_span_equal(cm_span_of(names[i]), text)) {
            *index = i;
            return true;
        }
    return false;
}

void cm_read_name(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *value, void *target)
{
    unsigned index;
    if (!cm_expect(draft, value, CM_NODE_SCALAR, field->key, "a name"))
        return;
    if (find_name(field->names, value->text, &index))
        *(uint8_t *)target = (uint8_t)index;
    else
        tell_unknown_name(draft, field->key, value, field->names);
}

/* value / 10^places, without zeros that say nothing. */
static const char *decimal_text(char out[CM_DECIMAL_TEXT_BYTES], int64_t value, unsigned places)
{
    int64_t unit = 1;
    for (unsigned i = 0; i < places; i++)
        unit *= 10;
    const char *sign = value < 0 ? "-" : "";
    int64_t whole = llabs(value / unit), part = llabs(value % unit);
    while (places && part % 10 == 0) {
        part /= 10;
        places--;
    }
    if (places)
        snprintf(out, CM_DECIMAL_TEXT_BYTES, "%s%lld.%0*lld", sign, (long long)whole, (int)places, (long long)part);
    else
        snprintf(out, CM_DECIMAL_TEXT_BYTES, "%s%lld", sign, (long long)whole);
    return out;
}

enum decimal_fault { DECIMAL_FINE, DECIMAL_NONE, DECIMAL_DIGITS, DECIMAL_HUGE };

static enum decimal_fault parse_decimal(struct cm_span text, unsigned places, int64_t *out)
{
    size_t i = 0;
    bool minus = text.len && text.ptr[0] == '-', huge = false;
    if (minus || (text.len && text.ptr[0] == '+'))
        i++;
    int64_t value = 0;
    unsigned digits = 0, after_point = 0;
    bool point = false;
    for (; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '.' && !point && digits) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9')
            return DECIMAL_NONE;
        digits++;
        after_point += point;
        if (after_point > places)
            continue;
        huge |= __builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, c - '0', &value);
    }
    if (digits == 0 || (point && after_point == 0))
        return DECIMAL_NONE;
    if (after_point > places)
        return DECIMAL_DIGITS;
    for (; after_point < places; after_point++)
        huge |= __builtin_mul_overflow(value, 10, &value);
    *out = minus ? -value : value;
    return huge ? DECIMAL_HUGE : DECIMAL_FINE;
}

bool cm_read_decimal(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *value, int64_t *out)
{
    char low[CM_DECIMAL_TEXT_BYTES], high[CM_DECIMAL_TEXT_BYTES];
    int64_t number = 0;
    if (!cm_expect(draft, value, CM_NODE_SCALAR, field->key, "a number"))
        return false;
    enum decimal_fault fault = value->plain ? parse_decimal(value->text, field->places, &number) : DECIMAL_NONE;
    if (fault == DECIMAL_NONE)
        cm_draft_error(draft, "number-format", value, value->plain ? NULL : "take the quotes away",
                       "\"%s\" needs a number such as %s, not \"%s\"", field->key, field->places ? "0.5" : "2", value->text.ptr);
    else if (fault == DECIMAL_DIGITS && field->places == 0)
        cm_draft_error(draft, "number-digits", value, NULL, "\"%s\" is a whole number, not %s", field->key, value->text.ptr);
    else if (fault == DECIMAL_DIGITS)
        cm_draft_error(draft, "number-digits", value, NULL, "\"%s\" has at most %u digits after the point, not as in %s", field->key,
                       field->places, value->text.ptr);
    else if (fault == DECIMAL_HUGE || number < field->min || number > field->max)
        cm_draft_error(draft, "number-range", value, NULL, "\"%s\" is from %s to %s, not %s", field->key,
                       decimal_text(low, field->min, field->places), decimal_text(high, field->max, field->places), value->text.ptr);
    else
        *out = number;
    return fault == DECIMAL_FINE && number >= field->min && number <= field->max;
}

void cm_read_u32(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *value, void *target)
{
    int64_t number;
    if (cm_read_decimal(draft, field, value, &number))
        *(uint32_t *)target = (uint32_t)number;
}

void cm_read_i32(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *value, void *target)
{
    int64_t number;
    if (cm_read_decimal(draft, field, value, &number))
        *(int32_t *)target = (int32_t)number;
}

void cm_read_i64(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *value, void *target)
{
    int64_t number;
    if (cm_read_decimal(draft, field, value, &number))
        *(int64_t *)target = number;
}

void cm_read_node(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *value, void *target)
{
    (void)draft, (void)field;
    *(const struct cm_node **)target = value;
}

void cm_read_list(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *value, void *target)
{
    if (!cm_expect(draft, value, CM_NODE_SEQUENCE, field->key, "a list"))
        return;
    *(const struct cm_node **)target = value;
    if (!value->child && !value->bad)
        cm_draft_error(draft, "list-empty", value, NULL, "\"%s\" is an empty list", field->key);
}

void cm_read_cues(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *value, void *target)
{
    cm_read_list(draft, field, value, target);
    if (value->kind != CM_NODE_SEQUENCE)
        return;
    for (const struct cm_node *item = value->child; item; item = item->next)
        cm_expect(draft, item, CM_NODE_SCALAR, field->key, "ids of cues");
}

static unsigned channel_by_name(struct cm_span name)
{
    for (unsigned channel = 1; channel < CM_CHANNEL_COUNT; channel++)
        if (cm_span_equal(cm_span_of(cm_channel_name(channel)), name))
            return channel;
    return CM_CHANNEL_COUNT;
}

void cm_read_channels(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *value, void *target)
{
    static const char *const names[] = {"chat", "call", "email", "social", "team", NULL};
    const struct cm_node *list = NULL;
    unsigned set = 0;
    cm_read_list(draft, field, value, &list);
    for (const struct cm_node *item = list ? list->child : NULL; item; item = item->next) {
        if (!cm_expect(draft, item, CM_NODE_SCALAR, field->key, "names of channels"))
            continue;
        unsigned channel = channel_by_name(item->text);
        if (channel == CM_CHANNEL_COUNT)
            tell_unknown_name(draft, field->key, item, names);
        else
            set |= CM_BIT(channel);
    }
    if (set)
        *(uint16_t *)target = (uint16_t)set;
}

static unsigned speaker_bits(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *item)
{
    static const char *const names[] = {"agent", "customer", "lead", "bot", NULL};
    static const unsigned bits[] = {CM_SPEAKERS_AGENT, CM_BIT(CM_SPEAKER_CUSTOMER), CM_BIT(CM_SPEAKER_LEAD), CM_BIT(CM_SPEAKER_BOT)};
    unsigned index;
    if (!cm_expect(draft, item, CM_NODE_SCALAR, field->key, "a speaker or a list of speakers"))
        return 0;
    if (find_name(names, item->text, &index))
        return bits[index];
    tell_unknown_name(draft, field->key, item, names);
    return 0;
}

void cm_read_speakers(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *value, void *target)
{
    unsigned set = 0;
    if (value->kind == CM_NODE_SEQUENCE) {
        const struct cm_node *list = NULL;
        cm_read_list(draft, field, value, &list);
        for (const struct cm_node *item = value->child; item; item = item->next)
            set |= speaker_bits(draft, field, item);
    } else {
        set = speaker_bits(draft, field, value);
    }
    *(uint16_t *)target = (uint16_t)set;
}

unsigned cm_read_channel_key(struct cm_draft *draft, const char *what, const struct cm_node *key)
{
    static const char *const names[] = {"chat", "call", "email", "social", "team", "default", NULL};
    unsigned channel = cm_span_equal(key->text, CM_SPAN("default")) ? CM_CHANNEL_NONE : channel_by_name(key->text);
    if (channel == CM_CHANNEL_COUNT)
        tell_unknown_name(draft, what, key, names);
    return channel;
}

void cm_read_by_channel(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *value, void *target)
{
    struct cm_draft_channels *channels = target;
    if (!cm_expect(draft, value, CM_NODE_MAPPING, field->key, "numbers by channel, such as {chat: 2}"))
        return;
    for (const struct cm_node *key = value->child; key; key = key->next) {
        struct cm_field named = *field;
        named.key = key->text.ptr;
        unsigned channel = cm_read_channel_key(draft, field->key, key);
        if (channel < CM_CHANNEL_COUNT)
            cm_read_decimal(draft, &named, key->value, &channels->by[channel]);
    }
}

void cm_channels_fill(const struct cm_draft_channels *given, int64_t otherwise, int64_t out[CM_CHANNEL_COUNT])
{
    int64_t fallback = given->by[CM_CHANNEL_NONE] == CM_NUMBER_UNSET ? otherwise : given->by[CM_CHANNEL_NONE];
    for (unsigned channel = 0; channel < CM_CHANNEL_COUNT; channel++)
        out[channel] = given->by[channel] == CM_NUMBER_UNSET ? fallback : given->by[channel];
}

static bool letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

/* en, en-GB, zh-Hans-CN */
static bool is_language(struct cm_span text)
{
    size_t part = 0, parts = 0;
    for (size_t i = 0; i <= text.len; i++) {
        if (i < text.len && (letter(text.ptr[i]) || (parts && digit(text.ptr[i])))) {
            part++;
            continue;
        }
        if ((i < text.len && text.ptr[i] != '-') || part < 2 || part > (parts ? 8u : 3u))
            return false;
        part = 0;
        parts++;
    }
    return true;
}

bool cm_read_languages(struct cm_draft *draft, const struct cm_node *value, const struct cm_span **items, uint32_t *count)
{
    static const struct cm_field field = {.key = "languages"};
    const struct cm_node *list = NULL;
    cm_read_list(draft, &field, value, &list);
    struct cm_span *spans = list ? cm_arena_calloc(draft->image, list->count, sizeof *spans) : NULL;
    if (list && !spans)
        draft->status = CM_ENOMEM;
    if (!spans)
        return false;
    uint32_t kept = 0;
    for (const struct cm_node *item = list->child; item; item = item->next) {
        if (!cm_expect(draft, item, CM_NODE_SCALAR, field.key, "languages such as en"))
            continue;
        if (is_language(item->text))
            spans[kept++] = cm_draft_keep(draft, item->text);
        else
            cm_draft_error(draft, "language-format", item, NULL, "\"%s\" is no language tag such as en or en-GB", item->text.ptr);
    }
    *items = spans;
    *count = kept;
    return true;
}

bool cm_check_id(struct cm_draft *draft, const struct cm_node *value, const char *id, const char *what)
{
    struct cm_span text = value->text;
    bool fine = text.len > 0 && text.len <= CM_RULE_ID_MAX_BYTES && text.ptr[0] >= 'a' && text.ptr[0] <= 'z';
    bool word = false; /* the last byte was a letter or digit */
    for (size_t i = 0; fine && i < text.len; i++) {
        char c = text.ptr[i];
        bool now = (c >= 'a' && c <= 'z') || digit(c);
        fine = now || (word && (c == '.' || c == '-' || c == '_'));
        word = now;
    }
    if (fine && word)
        return true;
    cm_draft_error(draft, id, value, NULL, "%s is small letters and digits joined by . - or _, at most %zu, not \"%s\"", what,
                   CM_RULE_ID_MAX_BYTES, text.ptr);
    return false;
}
