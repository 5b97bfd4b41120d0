import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.databind.ObjectMapper;

import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.TextField;
import org.apache.lucene.monitor.Monitor;
import org.apache.lucene.monitor.MonitorConfiguration;
import org.apache.lucene.monitor.MonitorQuery;
import org.apache.lucene.monitor.QueryMatch;
import org.apache.lucene.monitor.TermFilteredPresearcher;

/**
 * Lucene Monitor: phrases as stored queries, turns as documents. Its presearcher picks the queries whose rarest word is
 * there at all. Documents are given in batches of -Dbatch: one, as by a program that answers turn by turn, or many, which
 * are indexed together and cost each query once a batch.
 */
final class StoredQueries {
    private static final int BATCH = Integer.getInteger("batch", 1);

    private final Analyzer analyzer = new FoldedText();
    private final Map<Integer, Monitor> bySpeaker = new HashMap<>();
    private final Map<String, Integer> cueOf = new HashMap<>();

    StoredQueries(Map<Integer, List<Peer.Rule>> rules) throws IOException {
        Map<List<Peer.Rule>, Monitor> made = new HashMap<>();
        for (var entry : rules.entrySet()) {
            Monitor monitor = made.get(entry.getValue());
            if (monitor == null)
                made.put(entry.getValue(), monitor = store(entry.getValue()));
            bySpeaker.put(entry.getKey(), monitor);
        }
    }

    private Monitor store(List<Peer.Rule> rules) throws IOException {
        var json = new ObjectMapper();
        var monitor = new Monitor(analyzer, new TermFilteredPresearcher(), new MonitorConfiguration());
        List<MonitorQuery> queries = new ArrayList<>();
        for (Peer.Rule rule : rules) {
            String name = "q" + cueOf.size();
            cueOf.put(name, rule.cue());
            queries.add(new MonitorQuery(name, PhraseTree.query(FoldedText.FIELD, json.readTree(rule.pattern()))));
        }
        monitor.register(queries);
        return monitor;
    }

    private static Document document(String text) {
        var document = new Document();
        document.add(new TextField(FoldedText.FIELD, text, Field.Store.NO));
        return document;
    }

    private void match(Monitor monitor, List<String> texts, Peer.Hits hits) throws IOException {
        Document[] documents = texts.stream().map(StoredQueries::document).toArray(Document[]::new);
        var found = monitor.match(documents, QueryMatch.SIMPLE_MATCHER);
        for (int i = 0; i < documents.length; i++) {
            hits.begin();
            for (QueryMatch match : found.getMatches(i))
                hits.hit(cueOf.get(match.getQueryId()));
        }
        texts.clear();
    }

    void scan(List<Peer.Turn> turns, Peer.Hits hits) throws IOException {
        Map<Monitor, List<String>> waiting = new HashMap<>();
        for (Peer.Turn turn : turns) {
            Monitor monitor = bySpeaker.get(turn.speaker());
            if (monitor == null)
                continue;
            List<String> texts = waiting.computeIfAbsent(monitor, none -> new ArrayList<>());
            texts.add(turn.text());
            if (texts.size() == BATCH)
                match(monitor, texts, hits);
        }
        for (var entry : waiting.entrySet())
            if (!entry.getValue().isEmpty())
                match(entry.getKey(), entry.getValue(), hits);
    }

    public static void main(String[] arguments) throws Exception {
        Peer.run("Lucene Monitor " + org.apache.lucene.util.Version.LATEST, arguments[2], arguments[0], "", "", rules -> {
            var queries = new StoredQueries(rules);
            return queries::scan;
        });
    }
}
