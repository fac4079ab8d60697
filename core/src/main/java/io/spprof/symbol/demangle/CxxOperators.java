package io.spprof.symbol.demangle;

import java.util.HashMap;
import java.util.Map;

/** The operators of the Itanium C++ ABI, chapter 5.1.3.1, by their codes. */
final class CxxOperators {

  /**
   * An operator.
   *
   * @param text as C++ writes it
   * @param operands the number of its operands in an expression
   */
  record Operator(String text, int operands) {}

  private static final Map<String, Operator> BY_CODE = new HashMap<>();

  static {
    operators(1, "ad& awco_await co~ de* mm-- ng- nt! pp++ ps+ dldelete dadelete[]");
    operators(
        2,
        "aN&= aS= aa&& an& cm, dV/= ds.* dv/ eO^= eo^ eq== ge>= gt> ix[] lS<<= le<= ls<< lt< mI-= mL*="
            + " mi- ml* ne!= oR|= oo|| or| pL+= pl+ pm->* rM%= rS>>= rm% rs>> ss<=>");
    operators(3, "qu?");
    operators(0, "cl() pt-> nwnew nanew[]");
  }

  private CxxOperators() {}

  private static void operators(int operands, String list) {
    for (String each : list.split(" ")) {
      BY_CODE.put(each.substring(0, 2), new Operator(each.substring(2), operands));
    }
  }

  /** Returns the operator with a code of two letters; null if there is none. */
  static Operator of(String code) {
    return BY_CODE.get(code);
  }
}
