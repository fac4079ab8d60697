package io.spprof.symbol.demangle;

import java.util.List;
import java.util.Objects;

/**
 * A demangled part of a C++ name: a type, a name, an expression, or a pack of such parts. C++
 * writes a declaration around its name, so a type has a text on each side: {@code void (*} and
 * {@code )(int)} for a pointer to a function.
 *
 * @param left the text on the left, or the whole text; not null
 * @param right the text on the right; not null
 * @param kind what the part is; not null
 * @param last of a class or a function, the last component of its name, after which constructors
 *     are named; "" if it has none
 * @param parts of a pack, its parts; of a name, the arguments of its last component if that is a
 *     template; of a reference, the type that it refers to; otherwise null
 */
record CxxText(String left, String right, Kind kind, String last, List<CxxText> parts) {

  /** What a part is. */
  enum Kind {
    /** A type, a template or an expression. */
    PLAIN,
    /** An expression that needs no parentheses as an operand. */
    SIMPLE,
    /** The type of a function: a pointer to it needs parentheses. */
    FUNCTION,
    /** An array: a pointer to it needs parentheses. */
    ARRAY,
    /** A reference {@code &}. */
    LVALUE,
    /** A reference {@code &&}. */
    RVALUE,
    /** What a template parameter pack stands for, in a pattern that is to be expanded. */
    PACK,
    /** An expanded pack: a list has its parts. */
    EXPANDED,
    /** A name with two or more components, the last of them no template. */
    QUALIFIED,
    /**
     * A constructor, a destructor or a conversion: no result is mangled, although it is a template.
     */
    WITHOUT_RESULT
  }

  // Written out: the generated methods of a record can keep its class loader (RecordMethodsTest).
  @Override
  public boolean equals(Object other) {
    return other instanceof CxxText that
        && left.equals(that.left)
        && right.equals(that.right)
        && kind == that.kind
        && last.equals(that.last)
        && Objects.equals(parts, that.parts);
  }

  @Override
  public int hashCode() {
    return 31 * left.hashCode() + right.hashCode();
  }

  static final CxxText EMPTY = of("");

  static CxxText of(String text) {
    return new CxxText(text, "", Kind.PLAIN, "", null);
  }

  static CxxText simple(String text) {
    return new CxxText(text, "", Kind.SIMPLE, "", null);
  }

  static CxxText pack(List<CxxText> parts) {
    return new CxxText("", "", Kind.PACK, "", parts);
  }

  static CxxText expanded(List<CxxText> parts) {
    return new CxxText("", "", Kind.EXPANDED, "", parts);
  }

  boolean isPack() {
    return kind == Kind.PACK || kind == Kind.EXPANDED;
  }
}
