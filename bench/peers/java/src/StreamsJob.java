import java.util.List;
import java.util.Properties;

import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;

/**
 * A Kafka Streams job: from a topic of turns, java.util.regex (RegexLoop) over each, to a topic of the cues that were
 * heard in it; a turn without any gives nothing. Driven by Kafka's own TopologyTestDriver: the topology and its
 * serialisation without broker, network, acknowledgements and polling, all of which a real job pays on top.
 */
final class StreamsJob {
    private static final String IN = "turns";
    private static final String OUT = "cues";

    private static String listen(RegexLoop loop, Peer.Hits hits, String speaker, String text) {
        long before = hits.pairs();
        hits.begin();
        loop.scan(Integer.parseInt(speaker), text, hits);
        return hits.pairs() == before ? null : Long.toString(hits.pairs() - before);
    }

    private static TopologyTestDriver start(RegexLoop loop, Peer.Hits[] hits) {
        var builder = new StreamsBuilder();
        builder.<String, String>stream(IN).mapValues((speaker, text) -> listen(loop, hits[0], speaker, text)).filter((speaker, heard) -> heard != null).to(OUT);
        var settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, "cues");
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "none:0");
        settings.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
        settings.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, System.getProperty("java.io.tmpdir"));
        return new TopologyTestDriver(builder.build(), settings);
    }

    private static void pipe(TestInputTopic<String, String> in, TestOutputTopic<String, String> out, List<Peer.Turn> turns) {
        for (Peer.Turn turn : turns) {
            in.pipeInput(Integer.toString(turn.speaker()), turn.text());
            while (!out.isEmpty())
                out.readValue();
        }
    }

    /** As the name of its library tells. */
    private static String version() {
        return StreamsConfig.class.getProtectionDomain().getCodeSource().getLocation().getPath().replaceAll(".*-|\\.jar", "");
    }

    public static void main(String[] arguments) throws Exception {
        Peer.run("Kafka Streams " + version(), arguments[1], arguments[0], "\u001e ", " \u001e", rules -> {
            Peer.Hits[] current = new Peer.Hits[1];
            var driver = start(new RegexLoop(rules), current);
            var in = driver.createInputTopic(IN, new StringSerializer(), new StringSerializer());
            var out = driver.createOutputTopic(OUT, new StringDeserializer(), new StringDeserializer());
            return (turns, hits) -> {
                current[0] = hits;
                pipe(in, out, turns);
            };
        });
    }
}
