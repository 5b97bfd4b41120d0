import java.util.ArrayList;
import java.util.List;

import com.fasterxml.jackson.databind.JsonNode;

import org.apache.lucene.index.Term;
import org.apache.lucene.queries.intervals.IntervalQuery;
import org.apache.lucene.queries.intervals.Intervals;
import org.apache.lucene.queries.intervals.IntervalsSource;
import org.apache.lucene.search.PhraseQuery;
import org.apache.lucene.search.Query;

/** Phrases as Lucene's queries: a plain run of words is a PhraseQuery, all else is made of intervals. */
final class PhraseTree {
    private PhraseTree() {}

    static Query query(String field, JsonNode tree) {
        List<JsonNode> terms = children(tree);
        if (terms.stream().allMatch(JsonNode::isTextual)) {
            var phrase = new PhraseQuery.Builder();
            terms.forEach(word -> phrase.add(new Term(field, word.textValue())));
            return phrase.build();
        }
        return new IntervalQuery(field, sequence(terms));
    }

    private static List<JsonNode> children(JsonNode array) {
        List<JsonNode> out = new ArrayList<>();
        for (int i = 1; i < array.size(); i++)
            out.add(array.get(i));
        return out;
    }

    private static boolean is(JsonNode term, String kind) {
        return term.isArray() && term.get(0).textValue().equals(kind);
    }

    private static IntervalsSource source(JsonNode term) {
        if (term.isTextual())
            return Intervals.term(term.textValue());
        if (is(term, "seq"))
            return sequence(children(term));
        if (is(term, "or"))
            return Intervals.or(children(term).stream().map(PhraseTree::source).toArray(IntervalsSource[]::new));
        throw new IllegalArgumentException("not a term of a phrase that this peer knows: " + term);
    }

    /** What stands before and behind the first gap, with at most so many words between the two; without a gap a block. */
    private static IntervalsSource sequence(List<JsonNode> terms) {
        for (int i = 0; i < terms.size(); i++) {
            if (!is(terms.get(i), "gap"))
                continue;
            if (terms.get(i).get(1).intValue() != 0)
                throw new IllegalArgumentException("a gap that may not be empty: " + terms.get(i));
            return Intervals.maxgaps(terms.get(i).get(2).intValue(), Intervals.ordered(block(terms.subList(0, i)), sequence(terms.subList(i + 1, terms.size()))));
        }
        return block(terms);
    }

    /** Every choice of optional terms is a block of its own. */
    private static IntervalsSource block(List<JsonNode> terms) {
        List<List<IntervalsSource>> ways = new ArrayList<>(List.of(new ArrayList<>()));
        for (JsonNode term : terms) {
            IntervalsSource source = source(is(term, "opt") ? term.get(1) : term);
            List<List<IntervalsSource>> longer = ways.stream().map(way -> with(way, source)).toList();
            if (is(term, "opt"))
                ways.addAll(longer);
            else
                ways = new ArrayList<>(longer);
        }
        return Intervals.or(ways.stream().map(way -> Intervals.phrase(way.toArray(IntervalsSource[]::new))).toArray(IntervalsSource[]::new));
    }

    private static List<IntervalsSource> with(List<IntervalsSource> way, IntervalsSource source) {
        List<IntervalsSource> out = new ArrayList<>(way);
        out.add(source);
        return out;
    }
}
