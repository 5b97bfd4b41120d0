#include "match/frequency.h"

#include <stdlib.h>

#include "text/fold.h"

/* Words of service conversations by how often they come, in parts per million: rough tiers, since only the order matters. */
static const struct {
    uint32_t ppm;
    const char *words;
} tiers[] = {
    {35000, "i you to the"},
    {18000, "a and is for it that not your my of have in"},
    {9000, "can do this on be am with are we will me would please what at or so but if like yes"},
    {5000, "thank there was from how know just all get no as any out up one when about which help need want okay ok here has let see "
           "them they by an also more some good great sorry hi hello thanks time now does did our us he she his her"},
    {2500, "had been could should where who why find check look make number than then other only very really well sure right think "
           "back order phone name book account day go going day days try into much too still work working take anything else welcome "
           "their were own him new first two next before after because since until while today tomorrow moment minute minutes email "
           "available understand available looking give tell use send call yeah"},
    {1000, "alright may might must over again same down off way last never always something nothing someone everything another each "
           "please information question questions issue problem service card address date month year week hour hours price pay payment "
           "bill change cancel free might feel say said told ask asked able sorry happy hope love nice best better thing things people "
           "place come came got put keep believe being doing made found contact team customer support website online refund money "
           "return delivery item items wait hold second bit little long many most few every part both around through between during "
           "restaurant hotel ticket train taxi table room city area people reservation flight bus movie music song weather"},
    {400, "apologize apologies apology inconvenience appreciate understand assist assistance concern confirm provide provided request "
          "receive received process complete details detail update code link page offer offers option options cost total amount "
          "credit bank store shop open close closed start end stop show add remove set turn watch play set reason case type kind "
          "already soon later early late morning afternoon evening night monday tuesday wednesday thursday friday saturday sunday "
          "three four five six seven eight nine ten hundred thousand dollars pounds perfect glad wonderful awesome fine bad wrong "
          "trouble difficult easy quick quickly possible unfortunately actually maybe probably however though although yet without "
          "against under sir madam mr mrs dear friend care real matter luck enjoy word line person company manager"},
};

/* Any other word: most are rarer than this, and none is much more frequent. */
#define OTHER_WORD_PPM 60u
/* A prefix stands for the unknown words that begin with it; the shorter, the more. */
#define PREFIX_PPM 400u
/* Words that stand together do so more often than chance. */
#define PAIR_ATTRACTION 12u
#define PAIR_FLOOR 2000u /* two in a million tokens */
/* Of the adjacent pairs in the phrases, the part that a text can be expected to have likewise. */
#define PAIR_EVIDENCE_DIVISOR 4u
#define PPM_TO_UNIT (CM_FREQUENCY_UNIT / 1000000u)

static void read_tier(struct cm_frequency *frequency, const struct cm_symbols *symbols, const char *words, uint32_t ppm)
{
    while (*words) {
        size_t len = strcspn(words, " ");
        uint32_t symbol = cm_symbols_find(symbols, (struct cm_span){words, len});
        if (symbol != CM_SYMBOL_OTHER && frequency->words[symbol] < ppm * PPM_TO_UNIT)
            frequency->words[symbol] = ppm * PPM_TO_UNIT;
        words += len + (words[len] == ' ');
    }
}

enum cm_status cm_frequency_init(struct cm_frequency *frequency, const struct cm_symbols *symbols)
{
    *frequency = (struct cm_frequency){0};
    frequency->words = calloc(symbols->count, sizeof(*frequency->words));
    if (!frequency->words)
        return CM_ENOMEM;
    for (size_t i = CM_SYMBOL_FIRST; i < symbols->count; i++) {
        const struct cm_symbol *symbol = &symbols->items[i];
        uint32_t shrink = symbol->len > 2 ? symbol->len - 1u : 1u;
        uint32_t ppm = symbol->prefix ? PREFIX_PPM * 8 / (shrink * shrink) + 20 : OTHER_WORD_PPM;
        frequency->words[i] = ppm * PPM_TO_UNIT;
    }
    for (size_t i = 0; i < sizeof(tiers) / sizeof(tiers[0]); i++)
        read_tier(frequency, symbols, tiers[i].words, tiers[i].ppm);
    return CM_OK;
}

void cm_frequency_free(struct cm_frequency *frequency)
{
    free(frequency->words);
    free(frequency->pairs);
    *frequency = (struct cm_frequency){0};
}

static struct cm_frequency_pair *pair_slot(const struct cm_frequency *frequency, uint64_t key)
{
    size_t mask = frequency->pair_slots - 1;
    size_t i = (size_t)cm_word_mix(key, UINT64_C(0x9E3779B97F4A7C15)) & mask;
    while (frequency->pairs[i].key != 0 && frequency->pairs[i].key != key)
        i = (i + 1) & mask;
    return &frequency->pairs[i];
}

static enum cm_status grow_pairs(struct cm_frequency *frequency)
{
    struct cm_frequency bigger = *frequency;
    bigger.pair_slots = frequency->pair_slots ? frequency->pair_slots * 2 : 1024;
    bigger.pairs = calloc(bigger.pair_slots, sizeof(*bigger.pairs));
    if (!bigger.pairs)
        return CM_ENOMEM;
    for (size_t i = 0; i < frequency->pair_slots; i++)
        if (frequency->pairs[i].key != 0)
            *pair_slot(&bigger, frequency->pairs[i].key) = frequency->pairs[i];
    free(frequency->pairs);
    *frequency = bigger;
    return CM_OK;
}

enum cm_status cm_frequency_note(struct cm_frequency *frequency, uint32_t left, uint32_t right)
{
    if (frequency->pair_count * 2 >= frequency->pair_slots) {
        enum cm_status status = grow_pairs(frequency);
        if (status != CM_OK)
            return status;
    }
    uint64_t key = (uint64_t)left << 32 | right;
    struct cm_frequency_pair *slot = pair_slot(frequency, key);
    frequency->pair_count += slot->key == 0;
    slot->key = key;
    slot->count++;
    frequency->noted++;
    return CM_OK;
}

uint32_t cm_frequency_word(const struct cm_frequency *frequency, uint32_t symbol)
{
    return frequency->words[symbol];
}

uint32_t cm_frequency_pair(const struct cm_frequency *frequency, uint32_t left, uint32_t right)
{
    uint64_t product = (uint64_t)frequency->words[left] * frequency->words[right] / (CM_FREQUENCY_UNIT / PAIR_ATTRACTION);
    uint32_t rarer = frequency->words[left] < frequency->words[right] ? frequency->words[left] : frequency->words[right];
    uint64_t estimate = product < rarer ? product : rarer;
    const struct cm_frequency_pair *slot = frequency->pair_slots ? pair_slot(frequency, (uint64_t)left << 32 | right) : NULL;
    /* one phrase that has the pair proves nothing; many do */
    if (slot && slot->key != 0 && slot->count > 1) {
        uint64_t evidence = (uint64_t)(slot->count - 1) * CM_FREQUENCY_UNIT / PAIR_EVIDENCE_DIVISOR / (frequency->noted + 1000);
        estimate = evidence > estimate ? evidence : estimate;
    }
    return estimate > PAIR_FLOOR ? (uint32_t)(estimate < CM_FREQUENCY_UNIT ? estimate : CM_FREQUENCY_UNIT) : PAIR_FLOOR;
}

uint32_t cm_frequency_class(unsigned class)
{
    switch (class) {
    case CM_TOKEN_WORD:
        return CM_FREQUENCY_UNIT;
    case CM_TOKEN_NUMBER:
        return 30000u * PPM_TO_UNIT;
    case CM_TOKEN_NAME:
        return 40000u * PPM_TO_UNIT;
    case CM_TOKEN_NAME_MASK:
        return 5000u * PPM_TO_UNIT;
    default:
        return 3000u * PPM_TO_UNIT;
    }
}
