package io.spprof.symbol.demangle;

import io.spprof.symbol.demangle.CxxText.Kind;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the expressions of the Itanium C++ ABI, chapter 5.1.6, and template arguments, 5.1.8. A
 * kind of expression that is rare in names of functions is read, but not turned into text. It is
 * therefore accepted only in those parts of a name that the readable name leaves out; elsewhere,
 * the whole name stays mangled.
 */
abstract class CxxExpressions extends CxxTypes {

  private static final String INTEGERS = "ijlmxyb";

  CxxExpressions(String mangled, int at) {
    super(mangled, at);
  }

  /**
   * Reads a name and, unless it is that of data, the type of the function.
   *
   * @return the text; its {@code last} is the name alone, if an address of a function is written so
   */
  abstract CxxText encoding();

  abstract CxxText unqualifiedName(CxxText owner);

  @Override
  final List<CxxText> templateArguments() {
    expect('I');
    return argumentsToEnd();
  }

  private List<CxxText> argumentsToEnd() {
    enter();
    List<CxxText> all = new ArrayList<>();
    while (!take('E')) {
      all.add(templateArgument());
    }
    leave();
    return all;
  }

  private CxxText templateArgument() {
    switch (peek()) {
      case 'L' -> {
        return literal();
      }
      case 'X' -> {
        at++;
        CxxText expression = expression();
        expect('E');
        return expression;
      }
      case 'J' -> {
        at++;
        return CxxText.expanded(argumentsToEnd());
      }
      default -> {
        return type();
      }
    }
  }

  private CxxText literal() {
    expect('L');
    if (take("_Z") || take('Z')) {
      CxxText entity = encoding();
      expect('E');
      return entity;
    }
    char code = peek();
    boolean builtin = isLower(code);
    String type = whole(type());
    boolean negative = take('n');
    int from = at;
    while (peek() != 'E') {
      char c = next();
      if (!isDigit(c) && !isLower(c)) {
        throw Malformed.NAME;
      }
    }
    String value = mangled.substring(from, at);
    at++;
    if (value.isEmpty()) {
      return rare(type); // a string, or nullptr as some compilers write it
    }
    String sign = negative ? "-" : "";
    if (builtin && INTEGERS.indexOf(code) >= 0) {
      return CxxText.of(join(sign, integer(code, value, negative)));
    }
    boolean floating = builtin && "fdeg".indexOf(code) >= 0;
    return CxxText.of(join("(", type, ")", sign, floating ? "[" : "", value, floating ? "]" : ""));
  }

  private static String integer(char type, String value, boolean negative) {
    return switch (type) {
      case 'b' ->
          value.equals("0") && !negative
              ? "false"
              : value.equals("1") && !negative ? "true" : "(bool)" + value;
      case 'j' -> value + "u";
      case 'l' -> value + "l";
      case 'm' -> value + "ul";
      case 'x' -> value + "ll";
      case 'y' -> value + "ull";
      default -> value;
    };
  }

  /** An expression whose text is not written here. */
  private CxxText rare(String text) {
    if (!unseen) {
      throw Malformed.NAME;
    }
    return CxxText.of(text);
  }

  @Override
  final CxxText expression() {
    enter();
    CxxText expression = anyExpression();
    leave();
    return expression;
  }

  private CxxText anyExpression() {
    char c = peek();
    if (c == 'L') {
      return literal();
    }
    if (c == 'T') {
      CxxText parameter = templateParameter();
      return parameter.isPack() ? parameter : CxxText.of(whole(parameter));
    }
    if (isDigit(c)) {
      return unresolvedName();
    }
    String code = characters(2);
    switch (code) {
      case "on" -> {
        return unresolvedName();
      }
      case "dn" -> {
        return rare(unresolvedName().left());
      }
      case "sr" -> {
        return scoped();
      }
      case "fp" -> {
        return functionParameter();
      }
      case "fL" -> {
        number();
        expect('p');
        return functionParameter();
      }
      case "st", "at", "ti" -> {
        String type = whole(type());
        return code.equals("st") ? CxxText.of(join("sizeof (", type, ")")) : rare(type);
      }
      case "sz", "az", "te", "nx", "sp", "tw" -> {
        CxxText operand = expression();
        if (code.equals("sp") && operand.isPack()) {
          return CxxText.expanded(operand.parts());
        }
        return rare(operand.left());
      }
      case "sZ" -> {
        return rare(peek() == 'T' ? templateParameter().left() : expression().left());
      }
      case "sP" -> {
        argumentsToEnd();
        return rare("");
      }
      case "cv" -> {
        return conversion();
      }
      case "dc", "sc", "cc", "rc" -> {
        String type = whole(type());
        return rare(join(type, whole(expression())));
      }
      case "cl", "cp" -> {
        expression();
        return rare(expressionsToEnd());
      }
      case "il" -> {
        return CxxText.simple(join("{", expressionsToEnd(), "}"));
      }
      case "tl" -> {
        String type = whole(type());
        return CxxText.simple(join(type, "{", expressionsToEnd(), "}"));
      }
      case "nw", "na" -> {
        return newExpression();
      }
      case "gs" -> {
        return rare(expression().left());
      }
      case "dt", "pt" -> {
        expression();
        return rare(isDigit(peek()) ? unresolvedName().left() : expression().left());
      }
      case "tr" -> {
        return rare("throw");
      }
      default -> {
        return operation(code);
      }
    }
  }

  private CxxText operation(String code) {
    CxxOperators.Operator operator = CxxOperators.of(code);
    if (operator == null || operator.operands() == 0) {
      throw Malformed.NAME;
    }
    if (code.equals("ad") && (mangled.startsWith("L_Z", at) || mangled.startsWith("LZ", at))) {
      CxxText entity = literal();
      // the name stands for the function if it is qualified; otherwise its parameters follow
      return CxxText.of(join("&", entity.last().isEmpty() ? operand(entity) : entity.last()));
    }
    if (operator.operands() == 1) {
      boolean postfix = (code.equals("pp") || code.equals("mm")) && !take('_');
      CxxText operand = expression();
      String text = join(operator.text(), operand(operand));
      boolean plain = "ng nt co ad ps de".contains(code);
      return postfix || !plain ? rare(text) : CxxText.of(text);
    }
    CxxText left = expression();
    CxxText right = expression();
    if (operator.operands() == 3) {
      CxxText last = expression();
      return CxxText.of(join(operand(left), "?", operand(right), " : ", operand(last)));
    }
    if (code.equals("ix")) {
      return rare(left.left());
    }
    String text = join(operand(left), operator.text(), operand(right));
    return CxxText.of(code.equals("gt") ? join("(", text, ")") : text);
  }

  private String operand(CxxText part) {
    boolean simple = part.kind() == Kind.SIMPLE || part.kind() == Kind.QUALIFIED;
    return simple ? whole(part) : join("(", whole(part), ")");
  }

  private CxxText conversion() {
    String type = whole(type());
    if (take('_')) {
      return rare(expressionsToEnd());
    }
    return CxxText.of(join("(", type, ")", operand(expression())));
  }

  private String expressionsToEnd() {
    List<CxxText> all = new ArrayList<>();
    while (!take('E')) {
      all.add(expression());
    }
    return list(all);
  }

  private CxxText newExpression() {
    while (!take('_')) {
      expression();
    }
    type();
    if (take("pi")) {
      return rare(expressionsToEnd());
    }
    expect('E');
    return rare("new");
  }

  private CxxText functionParameter() {
    if (take('T')) {
      return CxxText.simple("this");
    }
    qualifiers();
    int index = peek() == '_' ? 1 : number() + 2;
    expect('_');
    return CxxText.simple("{parm#" + index + "}");
  }

  private CxxText unresolvedName() {
    CxxText name = unqualifiedName(CxxText.EMPTY);
    return peek() == 'I' ? template(name) : CxxText.simple(name.left());
  }

  /** Reads a name within a type that depends on parameters. */
  private CxxText scoped() {
    if (take('N')) {
      type();
      while (!take('E')) {
        unresolvedName();
      }
      return rare(unresolvedName().left());
    }
    if (isDigit(peek())) {
      int from = at;
      int candidates = substitutions();
      Place place = place();
      try {
        String levels = "";
        do {
          levels = join(levels, unresolvedName().left(), "::");
        } while (!take('E'));
        return qualified(levels, unresolvedName());
      } catch (Malformed e) { // older compilers write a type
        comeBack(place);
        reread(from, candidates);
      }
    }
    String owner = whole(type());
    return qualified(join(owner, "::"), unresolvedName());
  }

  private CxxText qualified(String owner, CxxText name) {
    String text = join(owner, name.left());
    return name.kind() == Kind.SIMPLE
        ? new CxxText(text, "", Kind.QUALIFIED, "", null)
        : CxxText.of(text);
  }
}
