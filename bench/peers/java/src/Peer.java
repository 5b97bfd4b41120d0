import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the Java peers share: cues and turns read, passes answered, as README.md of the folder above says. */
final class Peer {
    record Rule(String pattern, int cue) {}

    record Turn(int speaker, String text) {}

    /** Distinct (turn, cue) pairs of a pass. */
    static final class Hits {
        private final long[] last;
        private final long[] counts;
        private long turn;
        private long pairs;

        Hits(int cues) {
            last = new long[cues];
            counts = new long[cues];
        }

        void begin() {
            turn++;
        }

        long pairs() {
            return pairs;
        }

        boolean has(int cue) {
            return last[cue] == turn;
        }

        void hit(int cue) {
            if (has(cue))
                return;
            last[cue] = turn;
            counts[cue]++;
            pairs++;
        }
    }

    /** What a peer does with the turns of a pass; hits.begin() before each. */
    interface Pass {
        void scan(List<Turn> turns, Hits hits) throws Exception;
    }

    /** Made of the rules by speaker; compiling is timed. */
    interface Compiler {
        Pass compile(Map<Integer, List<Rule>> bySpeaker) throws Exception;
    }

    private final Map<String, Integer> cues = new LinkedHashMap<>();
    private final Map<Integer, List<Rule>> bySpeaker = new HashMap<>();
    private final List<Turn> turns = new ArrayList<>();

    private void readRules(String path) throws IOException {
        for (String line : Files.readAllLines(Path.of(path))) {
            String[] fields = line.split("\t", 3);
            int cue = cues.computeIfAbsent(fields[0], name -> cues.size());
            int speakers = Integer.parseInt(fields[1]);
            for (int bit = 1; bit < 64; bit <<= 1)
                if ((speakers & bit) != 0)
                    bySpeaker.computeIfAbsent(bit, none -> new ArrayList<>()).add(new Rule(fields[2], cue));
        }
    }

    private void readTurns(String path, String before, String behind) throws IOException {
        String all = Files.readString(Path.of(path));
        for (int at = 0, end; at < all.length(); at = end + 1) {
            end = all.indexOf('\0', at);
            int tab = all.indexOf('\t', at);
            turns.add(new Turn(Integer.parseInt(all.substring(at, tab)), before + all.substring(tab + 1, end) + behind));
        }
    }

    /** Of the process, so of what the compiler and the collector do beside, too. */
    private static double cpuSeconds() {
        var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return system.getProcessCpuTime() * 1e-9;
    }

    private void answer(Pass pass) throws Exception {
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        Hits hits = new Hits(cues.size());
        for (String line; (line = in.readLine()) != null;) {
            String[] fields = line.split(" ", 3);
            List<Turn> some = turns.subList(Integer.parseInt(fields[0]), Integer.parseInt(fields[1]));
            java.util.Arrays.fill(hits.counts, 0);
            hits.pairs = 0;
            double cpu = cpuSeconds();
            long begin = System.nanoTime();
            pass.scan(some, hits);
            double seconds = (System.nanoTime() - begin) * 1e-9;
            cpu = cpuSeconds() - cpu;
            try (var out = new PrintWriter(fields[2], StandardCharsets.UTF_8)) {
                cues.forEach((cue, number) -> out.print(cue + "\t" + hits.counts[number] + "\n"));
                if (out.checkError())
                    throw new IOException("cannot write " + fields[2]);
            }
            System.out.printf(java.util.Locale.ROOT, "{\"seconds\": %.9f, \"cpu_seconds\": %.9f, \"pairs\": %d}%n", seconds, cpu, hits.pairs);
        }
    }

    /** before and behind are laid around every text. */
    static void run(String name, String rules, String turns, String before, String behind, Compiler compiler) throws Exception {
        Peer peer = new Peer();
        peer.readRules(rules);
        long begin = System.nanoTime();
        Pass pass = compiler.compile(peer.bySpeaker);
        double seconds = (System.nanoTime() - begin) * 1e-9;
        peer.readTurns(turns, before, behind);
        System.out.printf(java.util.Locale.ROOT, "{\"peer\": \"%s\", \"patterns\": %d, \"turns\": %d, \"compile_seconds\": %.6f}%n", name,
            peer.bySpeaker.values().stream().distinct().mapToInt(List::size).sum(), peer.turns.size(), seconds);
        peer.answer(pass);
        System.exit(0); // libraries leave threads behind
    }
}
