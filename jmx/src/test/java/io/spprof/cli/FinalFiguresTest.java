package io.spprof.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class FinalFiguresTest {

  @Test
  void shouldPutTheAnswerIntoWords() {
    String words =
        "session 3: 5,000 samples, 21 dropped, measured overhead 0.13 % of one CPU, in 60.3 s";
    assertEquals(
        words,
        FinalFigures.inWords(
            "session=3 durationMillis=60300 collected=5000 dropped=21"
                + " measuredOverheadPercent=0.126 overheadPercent=0.250"));
    String ofAnOlderAgent =
        "session=3 durationMillis=60300 collected=5000 dropped=21 overheadPercent=0.250"
            + " measuredOverheadPercent=0.126";
    assertEquals(words, FinalFigures.inWords(ofAnOlderAgent));
  }

  @Test
  void shouldShowAnAnswerOfAnotherFormAsItIs() {
    assertEquals("", FinalFigures.inWords(""));
    assertEquals("session=x", FinalFigures.inWords("session=x"));
    String long20 = "session=3 durationMillis=60300 collected=99999999999999999999 dropped=21 a=1";
    assertEquals(long20, FinalFigures.inWords(long20));
  }
}
