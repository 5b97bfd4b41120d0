import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * java.util.regex, pattern by pattern. Matchers are made once and reset, which spares an object a search; a cue that has
 * been heard is not looked for again.
 */
final class RegexLoop {
    private record Search(Matcher matcher, int cue) {}

    private final Map<Integer, Search[]> bySpeaker = new HashMap<>();

    RegexLoop(Map<Integer, List<Peer.Rule>> rules) {
        Map<List<Peer.Rule>, Search[]> made = new HashMap<>();
        rules.forEach((speaker, some) -> bySpeaker.put(speaker, made.computeIfAbsent(some, RegexLoop::compile)));
    }

    private static Search[] compile(List<Peer.Rule> rules) {
        return rules.stream().map(rule -> new Search(Pattern.compile(rule.pattern()).matcher(""), rule.cue())).toArray(Search[]::new);
    }

    void scan(int speaker, String text, Peer.Hits hits) {
        Search[] searches = bySpeaker.get(speaker);
        if (searches == null)
            return;
        for (Search one : searches)
            if (!hits.has(one.cue) && one.matcher.reset(text).find())
                hits.hit(one.cue);
    }

    public static void main(String[] arguments) throws Exception {
        Peer.run("java.util.regex " + Runtime.version().feature(), arguments[1], arguments[0], "\u001e ", " \u001e", rules -> {
            RegexLoop loop = new RegexLoop(rules);
            return (turns, hits) -> {
                for (Peer.Turn turn : turns) {
                    hits.begin();
                    loop.scan(turn.speaker(), turn.text(), hits);
                }
            };
        });
    }
}
