import java.io.IOException;

import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.TokenFilter;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.Tokenizer;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.analysis.tokenattributes.PositionIncrementAttribute;
import org.apache.lucene.analysis.util.CharTokenizer;

/** Tokens are what stands between spaces. A sentence end is no token but a step in positions that no gap is wide enough for. */
final class FoldedText extends Analyzer {
    static final String FIELD = "text";
    private static final int SENTENCE_STEP = 100;

    @Override
    protected TokenStreamComponents createComponents(String field) {
        Tokenizer words = CharTokenizer.fromSeparatorCharPredicate(character -> character == ' ');
        return new TokenStreamComponents(words, new SentenceEnds(words));
    }

    private static final class SentenceEnds extends TokenFilter {
        private final CharTermAttribute word = addAttribute(CharTermAttribute.class);
        private final PositionIncrementAttribute step = addAttribute(PositionIncrementAttribute.class);

        SentenceEnds(TokenStream input) {
            super(input);
        }

        @Override
        public boolean incrementToken() throws IOException {
            int more = 0;
            while (input.incrementToken()) {
                if (word.length() == 1 && word.charAt(0) == '\n') {
                    more += SENTENCE_STEP;
                    continue;
                }
                step.setPositionIncrement(step.getPositionIncrement() + more);
                return true;
            }
            return false;
        }
    }
}
