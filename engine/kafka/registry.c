/*
 * registry: the topics that a handle has met, and what it keeps for each of
 * their partitions.
 */
#include <stdlib.h>

#include "base/buffer.h"
#include "kafka/private.h"

struct cm_kafka_topic *cm_kafka_registry_find(const struct cm_kafka_registry *registry, const char *name)
{
    for (size_t i = 0; i < registry->count; i++)
        if (strcmp(registry->topics[i]->name, name) == 0)
            return registry->topics[i];
    return NULL;
}

static struct cm_kafka_topic *make(struct cm_kafka_registry *registry, const char *name, bool plain)
{
    struct cm_kafka_topic *topic = calloc(1, sizeof *topic);
    if (!topic)
        return NULL;
    topic->name = strdup(name);
    rd_kafka_topic_conf_t *conf = rd_kafka_default_topic_conf_dup(registry->client->rk);
    rd_kafka_topic_conf_set_opaque(conf, topic);
    if (plain)
        rd_kafka_topic_conf_set(conf, "compression.codec", "none", NULL, 0);
    if (topic->name)
        topic->rkt = rd_kafka_topic_new(registry->client->rk, name, conf);
    if (topic->rkt)
        return topic;
    rd_kafka_topic_conf_destroy(conf);
    free(topic->name);
    free(topic);
    return NULL;
}

static struct cm_kafka_topic *find_or_make(struct cm_kafka_registry *registry, const char *name, bool plain)
{
    struct cm_kafka_topic *topic = cm_kafka_registry_find(registry, name);
    if (topic)
        return topic;
    if (cm_grow(&registry->topics, &registry->cap, registry->count + 1, sizeof *registry->topics) != CM_OK)
        return NULL;
    topic = make(registry, name, plain);
    if (topic)
        registry->topics[registry->count++] = topic;
    return topic;
}

struct cm_kafka_topic *cm_kafka_registry_topic(struct cm_kafka_registry *registry, const char *name)
{
    return find_or_make(registry, name, false);
}

struct cm_kafka_topic *cm_kafka_registry_plain(struct cm_kafka_registry *registry, const char *name)
{
    return find_or_make(registry, name, true);
}

void *cm_kafka_registry_part(struct cm_kafka_registry *registry, struct cm_kafka_topic *topic, uint32_t partition)
{
    size_t need = (size_t)partition + 1;
    if (need > topic->part_count) {
        if (cm_grow(&topic->parts, &topic->part_cap, need, registry->part_size) != CM_OK)
            return NULL;
        memset((char *)topic->parts + topic->part_count * registry->part_size, 0, (need - topic->part_count) * registry->part_size);
        topic->part_count = need;
    }
    return (char *)topic->parts + partition * registry->part_size;
}

void cm_kafka_registry_free(struct cm_kafka_registry *registry)
{
    for (size_t i = 0; i < registry->count; i++) {
        struct cm_kafka_topic *topic = registry->topics[i];
        rd_kafka_topic_destroy(topic->rkt);
        free(topic->parts);
        free(topic->name);
        free(topic);
    }
    free(registry->topics);
    registry->topics = NULL;
    registry->count = 0;
}
