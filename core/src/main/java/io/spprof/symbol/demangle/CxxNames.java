package io.spprof.symbol.demangle;

import io.spprof.symbol.demangle.CxxText.Kind;
import java.util.List;

/** Reads the names of functions by the Itanium C++ ABI, chapters 5.1.1 to 5.1.4. */
final class CxxNames extends CxxExpressions {

  private static final String ANONYMOUS = "(anonymous namespace)";

  /** Qualifiers of the function whose name was read last, as " const"; "" for none. */
  private String qualifiers = "";

  private CxxNames(String mangled) {
    super(mangled, 2);
  }

  /**
   * Returns the name of a function.
   *
   * @param mangled begins with {@code _Z}
   * @throws Malformed if it is no mangled name, or one that is not demangled here
   */
  static String demangle(String mangled) {
    CxxNames names = new CxxNames(mangled);
    String name = names.mangledName();
    names.cloneSuffixes();
    return name;
  }

  private String mangledName() {
    if (peek() == 'T' || peek() == 'G') {
      return specialName();
    }
    CxxText name = name();
    if (!ended() && peek() != '.') {
      unseen = true;
      signature(name);
    }
    return whole(name);
  }

  /** Reads what compilers append to the names of clones and parts, as {@code .cold}. */
  private void cloneSuffixes() {
    while (!ended()) {
      expect('.');
      int from = at;
      while (isDigit(peek()) || isLower(peek()) || isUpper(peek()) || peek() == '_') {
        at++;
      }
      if (at == from) {
        throw Malformed.NAME;
      }
    }
  }

  private String specialName() {
    if (take("Th")) {
      callOffset('h');
      return join("non-virtual thunk to ", whole(encoding()));
    }
    if (take("Tv")) {
      callOffset('v');
      return join("virtual thunk to ", whole(encoding()));
    }
    if (take("Tc")) {
      callOffset(next());
      callOffset(next());
      return join("covariant return thunk to ", whole(encoding()));
    }
    if (take("TH")) {
      return join("TLS init function for ", whole(name()));
    }
    if (take("TW")) {
      return join("TLS wrapper function for ", whole(name()));
    }
    if (take("GTt")) {
      return join("transaction clone for ", whole(encoding()));
    }
    throw Malformed.NAME; // data
  }

  private void callOffset(char kind) {
    if (kind != 'h' && kind != 'v') {
      throw Malformed.NAME;
    }
    take('n');
    number();
    expect('_');
    if (kind == 'v') {
      take('n');
      number();
      expect('_');
    }
  }

  @Override
  CxxText encoding() {
    return encoding(true);
  }

  private CxxText encoding(boolean withResult) {
    enter();
    if (peek() == 'T' || peek() == 'G') {
      throw Malformed.NAME;
    }
    List<CxxText> outer = arguments;
    boolean outerLambda = inLambda;
    boolean outerSignature = inSignature;
    inLambda = false;
    inSignature = false;
    qualifiers = "";
    CxxText name = name();
    CxxText encoding = name;
    if (!ended() && peek() != 'E' && peek() != '.') {
      String its = qualifiers;
      CxxText function = signature(name);
      boolean result = withResult && !function.left().isEmpty();
      String text =
          join(
              result ? function.left() : "",
              name.left(),
              "(",
              function.right(),
              ")",
              its,
              result ? function.last() : "");
      boolean alone = name.kind() == Kind.QUALIFIED && its.isEmpty();
      encoding = new CxxText(text, "", Kind.PLAIN, alone ? name.left() : "", null);
    } else if (name.kind() != Kind.QUALIFIED) {
      encoding = CxxText.simple(whole(name));
    }
    arguments = outer;
    inLambda = outerLambda;
    inSignature = outerSignature;
    leave();
    return encoding;
  }

  /**
   * Reads the result and the parameters of a function.
   *
   * @return the result as {@code left} and {@code last}, the parameters as {@code right}
   */
  private CxxText signature(CxxText name) {
    boolean isTemplate = name.parts() != null && name.kind() != Kind.QUALIFIED;
    arguments = isTemplate ? name.parts() : arguments;
    inSignature = true;
    String left = "";
    String after = "";
    if (isTemplate && name.kind() != Kind.WITHOUT_RESULT) {
      CxxText result = type();
      left = result.right().isEmpty() ? join(whole(result), " ") : result.left();
      after = result.right();
    }
    return new CxxText(left, parameters(), Kind.FUNCTION, after, null);
  }

  @Override
  CxxText name() {
    enter();
    CxxText name =
        switch (peek()) {
          case 'N' -> nestedName();
          case 'Z' -> localName();
          case 'S' -> unqualified(substitutedName());
          default -> unqualified(templateOrName(unqualifiedName(CxxText.EMPTY)));
        };
    leave();
    return name;
  }

  private CxxText unqualified(CxxText name) {
    qualifiers = ""; // not those of a name within its arguments
    return name;
  }

  /** Reads the arguments that may follow a name that is not nested. */
  private CxxText templateOrName(CxxText name) {
    return peek() == 'I' ? template(add(name)) : name;
  }

  private CxxText substitutedName() {
    if (take("St")) {
      CxxText name = unqualifiedName(CxxText.EMPTY);
      return templateOrName(qualified(CxxText.of("std"), name));
    }
    CxxText name = substitution(false);
    return peek() == 'I' ? template(name) : name;
  }

  private CxxText qualified(CxxText owner, CxxText name) {
    Kind kind = name.kind() == Kind.WITHOUT_RESULT ? name.kind() : Kind.QUALIFIED;
    return new CxxText(
        join(whole(owner), "::", name.left()), name.right(), kind, name.last(), null);
  }

  private CxxText nestedName() {
    at++;
    String its = qualifiers();
    its += take('R') ? " &" : take('O') ? " &&" : "";
    CxxText prefix = null;
    int before = parametersRead();
    while (!take('E')) {
      prefix = component(prefix, before);
    }
    if (prefix == null || prefix.isPack()) {
      throw Malformed.NAME;
    }
    qualifiers = its;
    return prefix;
  }

  /** Reads the next component of a nested name. Each prefix, but not the whole, is a candidate. */
  private CxxText component(CxxText prefix, int before) {
    char c = peek();
    if (c == 'S' && prefix == null) {
      if (take("St")) {
        return CxxText.of("std");
      }
      CxxText known = substitution(true);
      return peek() == 'B' ? fail() : known;
    }
    if (c == 'M' && prefix != null) {
      at++; // what follows is in the initializer of the member
      return prefix;
    }
    CxxText longer;
    if (c == 'I' && prefix != null) {
      longer = template(prefix);
    } else if (c == 'T' && prefix == null) {
      longer = templateParameter();
    } else if (c == 'D' && prefix == null && (peek(1) == 't' || peek(1) == 'T')) {
      return type();
    } else if (prefix == null) {
      longer = unqualifiedName(CxxText.EMPTY);
    } else {
      longer = qualified(prefix, unqualifiedName(prefix));
    }
    return peek() == 'E' ? longer : addPrefix(longer, before);
  }

  private static CxxText fail() {
    throw Malformed.NAME;
  }

  @Override
  CxxText unqualifiedName(CxxText owner) {
    char c = peek();
    CxxText name;
    if (c == 'L' || isDigit(c)) {
      take('L');
      name = sourceName();
    } else if (isLower(c)) {
      name = operatorName();
    } else if (c == 'C' || c == 'D') {
      name = constructor(owner);
    } else if (c == 'U') {
      name = unnamed();
    } else {
      throw Malformed.NAME;
    }
    while (take('B')) {
      String tag = characters(number());
      name =
          new CxxText(
              join(name.left(), "[abi:", tag, "]"), name.right(), name.kind(), name.last(), null);
    }
    return name;
  }

  private CxxText sourceName() {
    int length = number();
    if (length == 0) {
      throw Malformed.NAME;
    }
    String name = characters(length);
    if (name.startsWith("_GLOBAL_") && name.length() > 9 && name.charAt(9) == 'N') {
      name = ANONYMOUS;
    }
    return new CxxText(name, "", Kind.SIMPLE, name, null);
  }

  private CxxText constructor(CxxText owner) {
    boolean destructor = next() == 'D';
    boolean inherited = !destructor && take('I');
    char variant = next();
    if (variant < '0' || variant > '5' || owner.last().isEmpty()) {
      throw Malformed.NAME;
    }
    if (inherited) {
      type();
    }
    return new CxxText(
        destructor ? "~" + owner.last() : owner.last(), "", Kind.WITHOUT_RESULT, "", null);
  }

  private CxxText operatorName() {
    String code = characters(2);
    if (code.equals("cv")) {
      return conversionOperator();
    }
    if (code.equals("li")) {
      return CxxText.of(join("operator\"\" ", characters(number())));
    }
    CxxOperators.Operator operator = CxxOperators.of(code);
    if (operator == null) {
      throw Malformed.NAME;
    }
    String space = isLower(operator.text().charAt(0)) ? " " : "";
    return CxxText.of("operator" + space + operator.text());
  }

  /**
   * Reads the type of a conversion. It may contain parameters of the conversion's own template,
   * whose arguments follow. So it is read twice, the second time with these arguments.
   */
  private CxxText conversionOperator() {
    int from = at;
    int candidates = substitutions();
    List<CxxText> outer = arguments;
    boolean outerUnseen = unseen;
    inConversion = true;
    unseen = true;
    type();
    unseen = outerUnseen;
    if (peek() == 'I') {
      inConversion = false;
      arguments = templateArguments();
      inConversion = true;
    }
    reread(from, candidates);
    String type = whole(type());
    inConversion = false;
    arguments = outer;
    return new CxxText(join("operator ", type), "", Kind.WITHOUT_RESULT, "", null);
  }

  /** Reads a lambda or an unnamed type. */
  private CxxText unnamed() {
    at++;
    if (take('t')) {
      return CxxText.of("{unnamed type#" + ordinal() + "}");
    }
    expect('l');
    boolean outer = inLambda;
    inLambda = true;
    String parameters = parameters();
    inLambda = outer;
    expect('E');
    return CxxText.of(join("{lambda(", parameters, ")#", String.valueOf(ordinal()), "}"));
  }

  private int ordinal() {
    int ordinal = peek() == '_' ? 1 : number() + 2;
    expect('_');
    return ordinal;
  }

  private CxxText localName() {
    at++;
    CxxText function = encoding(false);
    expect('E');
    if (take('s')) {
      discriminator();
      return CxxText.of(join(whole(function), "::string literal"));
    }
    String argument = "";
    if (take('d')) {
      argument = "::{default arg#" + ordinal() + "}";
    }
    qualifiers = "";
    CxxText name = name();
    if (argument.isEmpty()) {
      discriminator();
    }
    return new CxxText(
        join(whole(function), argument, "::", name.left()),
        name.right(),
        name.kind() == Kind.SIMPLE ? Kind.QUALIFIED : name.kind(),
        name.last(),
        name.parts());
  }

  private void discriminator() {
    if (!take('_')) {
      return;
    }
    if (take('_')) {
      number();
      expect('_');
    } else if (isDigit(next())) {
      return;
    } else {
      throw Malformed.NAME;
    }
  }
}
