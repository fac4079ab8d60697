package io.spprof.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Font;
import java.awt.FontMetrics;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The names that ShortNameTest has, in a font whose letters are all one pixel wide. */
class NameFitterTest {

  private static final NameFitter FITTER =
      new NameFitter(
          new FontMetrics(new Font(Font.MONOSPACED, Font.PLAIN, 12)) {
            private static final long serialVersionUID = 1L;

            @Override
            public int stringWidth(String text) {
              return text.length();
            }
          });

  private static final String SPRING =
      "org.springframework.data.jpa.repository.support.SimpleJpaRepository.findAll";

  @ParameterizedTest
  @CsvSource({
    SPRING + ",75," + SPRING,
    SPRING + ",74,org.springframework.data.jpa.repository.suppo….SimpleJpaRepository.findAll",
    SPRING + ",49,org.springframework….SimpleJpaRepository.findAll",
    SPRING + ",32,org….SimpleJpaRepository.findAll",
    SPRING + ",31,SimpleJpaRepository.findAll",
    SPRING + ",27,SimpleJpaRepository.findAll",
    SPRING + ",26,SimpleJpaReposito….findAll",
    SPRING + ",12,Sim….findAll",
    SPRING + ",11,Simpl…ndAll",
    "Maintenance.aMethodWithALongName,25,Mai….aMethodWithALongName",
    "aNameWithoutAClassAtAll,10,aName…tAll"
  })
  void shouldKeepClassAndMethodAsLongAsThereIsRoom(String name, int room, String fitted) {
    assertEquals(fitted, FITTER.fit(name, room));
  }

  @ParameterizedTest
  @CsvSource({
    "a.b.H2Oltp$$Lambda$18/0x00007f97300bd818.run,40,H2Oltp$$Lambda$18/0x00007f97300bd818.run",
    "a.b.H2Oltp$$Lambda$18/0x00007f97300bd818.run,24,H2Oltp$$Lambda$18/0….run",
    "[C2] org.h2.command.query.Parser.readSelect,30,[C2] org.h2….Parser.readSelect",
    "[at libjvm.so`StubRoutines+0x1a2b3c],20,[at libjvm…0x1a2b3c]",
    "libsomething-long.so.6+0x1098e1,20,libsomethi…+0x1098e1"
  })
  void shouldShortenFramesThatAreNoPlainMethods(String name, int room, String fitted) {
    assertTrue(FITTER.fit(name, room).length() <= room);
    assertEquals(fitted, FITTER.fit(name, room));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "libc.so.6`memset|8|memset",
        "l.so`A::B<x::y>::f(int (*)(c::d)) const|37|A::B<x::y>::f(int (*)(c::d)) const",
        "l.so`A::B<x::y>::f(int (*)(c::d)) const|20|A::B<x::y>::f",
        "l.so`A::B<x::y>::f(int (*)(c::d)) const|10|A::B<x…::f",
        "l.so`(anonymous namespace)::F::g|20|(anonymous names…::g",
        "l.so`(anonymous namespace)::F::operator()(int) const|40|(anonymous namespace)::F::operator()",
        "l.so`a::very::long::name::operator()|24|a::very::lo…::operator()",
        "l.so`f(|2|f(",
        "l.so`operator<<(x, y)|10|operator<<",
        "l.so`A<void (int)>::function_with_a_name|26|A<v…::function_with_a_name"
      })
  void shouldLeaveOutTheLibraryAndTheParametersOfAFunction(String name, int room, String fitted) {
    assertEquals(fitted, FITTER.fit(name, room));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        SPRING,
        "[C2] " + SPRING,
        "lib.so`std::vector<int, std::allocator<int> >::push_back(int const&)",
        "...",
        "a.",
        ".a.b",
        "[] a",
        "x`",
        "`)",
        "`()",
        "a.b\ud83d\ude00\ud83d\ude00\ud83d\ude00.c\ud83d\ude00\ud83d\ude00\ud83d\ude00"
      })
  void shouldFitAnyNameIntoAnyRoom(String name) {
    for (int room = 2; room <= name.length() + 1; room++) {
      String fitted = FITTER.fit(name, room);
      assertTrue(fitted.length() <= room, fitted);
      assertTrue(StandardCharsets.UTF_8.newEncoder().canEncode(fitted), "half a letter: " + fitted);
    }
  }

  @Test
  void shouldKeepAnyMethodThatHasRoom() {
    for (int room = "Sim….findAll".length(); room <= SPRING.length(); room++) {
      assertTrue(FITTER.fit(SPRING, room).matches(".*Sim.*[.]findAll"), "in " + room);
    }
  }
}
