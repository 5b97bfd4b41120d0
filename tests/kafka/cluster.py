"""
cluster: what tests do with topics: make them, write to them, read them back whole.

Needs python3-confluent-kafka of Debian (hence /usr/bin/python3). One thread a Client.
"""

import time
from typing import NamedTuple, Optional

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from brokers import Cluster, have_kfake  # noqa: F401  for those who import this module alone

DEADLINE_S = 60.0
MESSAGE_MAX_BYTES = 16 << 20

# A topic that the cleaner compacts within seconds; it never touches the newest segment, so write a filler record behind what matters.
COMPACTED_SOON = {"cleanup.policy": "compact", "segment.ms": "500", "segment.bytes": "1048576", "min.cleanable.dirty.ratio": "0.001",
                  "max.compaction.lag.ms": "1000", "delete.retention.ms": "100"}


class Record(NamedTuple):
    """A message as it lies in the log; value None is a tombstone."""

    partition: Optional[int]
    key: Optional[bytes]
    value: Optional[bytes]
    headers: tuple = ()
    offset: int = -1
    timestamp: int = 0

    def header(self, name):
        """The last one of that name, None where there is none."""
        found = [value for each, value in self.headers if each == name]
        return found[-1] if found else None


class Client:
    """Everything about one cluster, by its address."""

    def __init__(self, address):
        self.common = {"bootstrap.servers": address, "broker.address.family": "v4", "reconnect.backoff.ms": 10,
                       "reconnect.backoff.max.ms": 100, "log_level": 2, "allow.auto.create.topics": False}
        self.admin = AdminClient(self.common)
        self._producer = None

    # ---- topics

    def create(self, topic, partitions, replicas=-1, **settings):
        """settings: cleanup_policy="compact" or, as they are, **{"cleanup.policy": "compact"}."""
        settings = {name.replace("_", "."): str(value) for name, value in settings.items()}
        new = NewTopic(topic, partitions, replication_factor=replicas, config=settings)
        wait_for(lambda: self._made(new), f"topic {topic} cannot be made: the brokers are not ready")
        wait_for(lambda: self.partitions(topic) == partitions, f"topic {topic} does not appear")

    def _made(self, new):
        """False: a cluster that has just begun has no broker yet that takes partitions."""
        future = self.admin.create_topics([new], operation_timeout=DEADLINE_S)[new.topic]
        try:
            future.result(DEADLINE_S)
        except KafkaException as error:
            if error.args[0].code() == KafkaError.INVALID_REPLICATION_FACTOR and "fenced" in error.args[0].str():
                return False
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise
        return True

    def partitions(self, topic):
        """How many; 0: there is no such topic."""
        try:
            found = self.admin.list_topics(topic, timeout=10).topics.get(topic)
        except KafkaException:
            return 0
        if not found or found.error or any(each.leader < 0 for each in found.partitions.values()):
            return 0
        return len(found.partitions)

    def ends(self, topic, committed_only=False):
        """(first, behind the last) offset of each partition; committed_only: up to where transactions are decided."""
        consumer = self._consumer(committed_only=committed_only)
        try:
            return [consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=DEADLINE_S)
                    for partition in range(self.partitions(topic))]
        finally:
            consumer.close()

    def committed(self, group, topic):
        """Committed offset of each partition, -1 where there is none."""
        consumer = self._consumer(group)
        try:
            places = [TopicPartition(topic, partition) for partition in range(self.partitions(topic))]
            return [max(place.offset, -1) for place in consumer.committed(places, timeout=DEADLINE_S)]
        except KafkaException as error:
            if error.args[0].code() != KafkaError.GROUP_ID_NOT_FOUND:  # what kfake says of a group that never was
                raise
            return [-1] * len(places)
        finally:
            consumer.close()

    # ---- messages

    def producer(self, idempotent=True):
        """
        Partitions by murmur2 of the key, as Kafka's own clients have it. Not idempotent: goes on after whatever happens to a broker, where an
        idempotent one may end for good, and perhaps writes twice.
        """
        return Producer({**self.common, "enable.idempotence": idempotent, "acks": "all", "linger.ms": 5, "compression.type": "lz4",
                         "partitioner": "murmur2_random", "message.max.bytes": MESSAGE_MAX_BYTES, "queue.buffering.max.messages": 1000000,
                         "message.timeout.ms": 120000})

    def produce(self, topic, records):
        """Write all of them and wait until they are safe; returns them as they lie in the log (order: as given)."""
        if self._producer is None:
            self._producer = self.producer()
        sender = Sender(self._producer, topic)
        for record in records:
            sender.send(record)
        return sender.settle()

    def read(self, topic, committed_only=False, start=None):
        """
        The whole topic up to now, or from start (an offset a partition): a list of records, in log order within a partition.
        """
        limits = self.ends(topic)
        consumer = self._consumer(committed_only=committed_only)
        try:
            places = []
            for partition, (low, high) in enumerate(limits):
                first = max(low, start[partition]) if start else low
                if first < high:
                    places.append(TopicPartition(topic, partition, first))
            consumer.assign(places)
            return self._drain(consumer, {place.partition for place in places})
        finally:
            consumer.close()

    @staticmethod
    def _drain(consumer, open_partitions):
        records, end = [], time.monotonic() + DEADLINE_S
        while open_partitions:
            batch = consumer.consume(10000, timeout=0.05)
            if batch:
                end = time.monotonic() + DEADLINE_S
            elif time.monotonic() > end:
                raise TimeoutError(f"partitions {open_partitions} cannot be read to their end")
            for message in batch:
                error = message.error()
                if error and error.code() == KafkaError._PARTITION_EOF:
                    open_partitions.discard(message.partition())
                elif error:
                    if not error.retriable() and error.code() not in (KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN):
                        raise KafkaException(error)
                else:
                    records.append(_record(message))
        return records

    def _consumer(self, group="nobody", committed_only=False):
        return Consumer({**self.common, "group.id": group, "enable.auto.commit": False, "enable.partition.eof": True,
                         "auto.offset.reset": "error", "fetch.wait.max.ms": 20, "queued.max.messages.kbytes": 262144,
                         "isolation.level": "read_committed" if committed_only else "read_uncommitted"})

    def compacted(self, topic, filler=False):
        """
        Wait until the cleaner has been through a topic made with COMPACTED_SOON: no key is twice below where it ends now. The newest
        segment is never cleaned, so something must go on being written: by others, or (filler) tombstones of a key of ours.
        """
        below = [high for _, high in self.ends(topic)]

        def clean():
            if filler:
                self.produce(topic, [Record(partition, b"\0filler", None) for partition in range(len(below))])
            keys = [(record.partition, record.key) for record in self.read(topic) if record.offset < below[record.partition]]
            return len(keys) == len(set(keys))

        wait_for(clean, f"topic {topic} is not compacted", pause=0.2)


class Sender:
    """Messages on their way to one topic."""

    def __init__(self, producer, topic):
        self.producer, self.topic = producer, topic
        self.sent, self.failed = [], []
        self.acknowledged = 0

    def send(self, record):
        place = len(self.sent)
        self.sent.append(record)

        def told(error, message):
            if error:
                self.failed.append(f"{error} (message {place})")
                return
            self.acknowledged += 1
            self.sent[place] = record._replace(partition=message.partition(), offset=message.offset(), timestamp=message.timestamp()[1])

        arguments = {"key": record.key, "headers": list(record.headers), "on_delivery": told}
        if record.partition is not None:
            arguments["partition"] = record.partition
        if record.timestamp:
            arguments["timestamp"] = record.timestamp
        while True:
            try:
                self.producer.produce(self.topic, record.value, **arguments)
                break
            except BufferError:
                self.producer.poll(0.05)
        self.producer.poll(0)

    def settle(self, seconds=150.0):
        if self.producer.flush(seconds) or self.failed:
            raise RuntimeError(f"{self.topic}: {len(self.failed)} of {len(self.sent)} messages were not taken: {self.failed[:1]}")
        return self.sent


def _record(message):
    return Record(message.partition(), message.key(), message.value(), tuple(message.headers() or ()), message.offset(),
                  message.timestamp()[1])


def wait_for(fact, otherwise, seconds=DEADLINE_S, pause=0.02):
    """Until fact() is true; returns it. TimeoutError after so many seconds."""
    end = time.monotonic() + seconds
    while True:
        found = fact()
        if found:
            return found
        if time.monotonic() > end:
            raise TimeoutError(otherwise)
        time.sleep(pause)


def latest(records):
    """What compaction would leave: the last record of each key and partition, tombstones among them."""
    return {(record.partition, record.key): record for record in records}
