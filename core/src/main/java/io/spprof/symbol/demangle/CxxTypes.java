package io.spprof.symbol.demangle;

import io.spprof.symbol.demangle.CxxText.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** Reads the types of the Itanium C++ ABI, chapter 5.1.5. */
abstract class CxxTypes extends CxxSubstitutions {

  private static final String[] BUILTIN = new String[26];

  static {
    String builtin =
        "a=signed char,b=bool,c=char,d=double,e=long double,f=float,g=__float128,h=unsigned char,"
            + "i=int,j=unsigned int,l=long,m=unsigned long,n=__int128,o=unsigned __int128,s=short,"
            + "t=unsigned short,v=void,w=wchar_t,x=long long,y=unsigned long long,z=...";
    for (String each : builtin.split(",")) {
      BUILTIN[each.charAt(0) - 'a'] = each.substring(2);
    }
  }

  CxxTypes(String mangled, int at) {
    super(mangled, at);
  }

  /** Reads a name that is no substitution. */
  abstract CxxText name();

  abstract CxxText expression();

  /** Reads template arguments, from the {@code I} to the {@code E}. */
  abstract List<CxxText> templateArguments();

  @Override
  final CxxText anyType() {
    char c = peek();
    if (isLower(c) && c != 'r' && c != 'u' && BUILTIN[c - 'a'] != null) {
      at++;
      return CxxText.of(BUILTIN[c - 'a']);
    }
    if (isDigit(c) || c == 'N' || c == 'Z') {
      return add(name());
    }
    return switch (c) {
      case 'r', 'V', 'K' -> qualifiedType();
      case 'u' -> vendorType();
      case 'P' -> {
        at++;
        yield add(pointer(type(), "*", Kind.PLAIN));
      }
      case 'R' -> {
        at++;
        yield add(reference(type(), "&", Kind.LVALUE));
      }
      case 'O' -> {
        at++;
        yield add(reference(type(), "&&", Kind.RVALUE));
      }
      case 'C' -> {
        at++;
        yield add(suffixed(type(), " _Complex"));
      }
      case 'G' -> {
        at++;
        yield add(suffixed(type(), " _Imaginary"));
      }
      case 'U' -> vendorQualifier();
      case 'F' -> add(functionType());
      case 'A' -> add(arrayType());
      case 'M' -> add(memberPointer());
      case 'T' -> templateParameterType();
      case 'S' -> substitutedType();
      case 'D' -> typeD();
      default -> throw Malformed.NAME;
    };
  }

  private CxxText vendorType() {
    at++;
    String name = characters(number());
    if (peek() == 'I') {
      throw Malformed.NAME;
    }
    return add(CxxText.of(name));
  }

  /** Reads qualifiers and the type. All qualifiers together are one candidate of substitution. */
  private CxxText qualifiedType() {
    String qualifiers = qualifiers();
    CxxText type;
    if (startsFunction()) {
      type = functionType(); // with qualifiers it is no candidate of its own
    } else {
      type = type();
    }
    return add(suffixed(type, qualifiers));
  }

  private boolean startsFunction() {
    return peek() == 'F' || peek() == 'D' && (peek(1) == 'o' || peek(1) == 'x');
  }

  /** Reads the qualifiers, and writes them in the order in which they apply. */
  final String qualifiers() {
    boolean isRestrict = take('r');
    boolean isVolatile = take('V');
    boolean isConst = take('K');
    return (isConst ? " const" : "")
        + (isVolatile ? " volatile" : "")
        + (isRestrict ? " restrict" : "");
  }

  private CxxText vendorQualifier() {
    at++;
    String qualifier = characters(number());
    if (peek() == 'I') {
      throw Malformed.NAME;
    }
    return add(suffixed(type(), " " + qualifier));
  }

  /** Appends to a type: to the right of a function's parameters, otherwise to the left text. */
  private CxxText suffixed(CxxText type, String suffix) {
    if (type.isPack()) {
      return map(type, each -> suffixed(each, suffix));
    }
    if (type.kind() == Kind.FUNCTION) {
      return new CxxText(
          type.left(), insertQualifiers(type.right(), suffix), Kind.FUNCTION, "", null);
    }
    Kind kind = type.kind() == Kind.ARRAY ? Kind.ARRAY : Kind.PLAIN;
    return new CxxText(join(type.left(), suffix), type.right(), kind, "", null);
  }

  /** A reference qualifier comes after the others. */
  private String insertQualifiers(String right, String suffix) {
    String end = right.endsWith(" &&") ? " &&" : right.endsWith(" &") ? " &" : "";
    return join(right.substring(0, right.length() - end.length()), suffix, end);
  }

  private CxxText pointer(CxxText type, String mark, Kind kind) {
    if (type.isPack()) {
      return map(type, each -> pointer(each, mark, kind));
    }
    List<CxxText> target = kind == Kind.PLAIN ? null : List.of(type);
    return switch (type.kind()) {
      case FUNCTION ->
          new CxxText(join(type.left(), "(", mark), join(")", type.right()), kind, "", target);
      case ARRAY ->
          new CxxText(join(type.left(), " (", mark), join(")", type.right()), kind, "", target);
      default -> new CxxText(join(type.left(), mark), type.right(), kind, "", target);
    };
  }

  /** A reference to a reference is one reference; {@code &} wins. */
  private CxxText reference(CxxText type, String mark, Kind kind) {
    if (type.isPack()) {
      return map(type, each -> reference(each, mark, kind));
    }
    if (type.kind() == Kind.LVALUE || type.kind() == Kind.RVALUE && kind == Kind.RVALUE) {
      return type;
    }
    return pointer(type.kind() == Kind.RVALUE ? type.parts().get(0) : type, mark, kind);
  }

  /** Applies a type constructor to each part of a pack. */
  final CxxText map(CxxText pack, UnaryOperator<CxxText> operator) {
    List<CxxText> parts = new ArrayList<>();
    for (CxxText part : pack.parts()) {
      parts.add(operator.apply(part));
    }
    return CxxText.pack(parts);
  }

  /** Reads the type of a function, from its exception specification or {@code F} to {@code E}. */
  private CxxText functionType() {
    String exceptions = "";
    if (take("Do")) {
      exceptions = " noexcept";
    }
    take("Dx");
    expect('F');
    take('Y');
    CxxText result = type();
    String parameters = parameters();
    String reference = take('R') ? " &" : take('O') ? " &&" : "";
    expect('E');
    String left = result.right().isEmpty() ? join(result.left(), " ") : result.left();
    return new CxxText(
        left,
        join("(", parameters, ")", reference, result.right(), exceptions),
        Kind.FUNCTION,
        "",
        null);
  }

  /** Reads the parameters of a function, up to the end, an {@code E} or a suffix. */
  final String parameters() {
    List<CxxText> parameters = new ArrayList<>();
    do {
      parameters.add(type());
    } while (!ended() && peek() != 'E' && peek() != '.' && !endsWithReference());
    boolean none =
        parameters.size() == 1
            && parameters.get(0).left().equals("void")
            && parameters.get(0).right().isEmpty();
    return none ? "" : list(parameters);
  }

  private boolean endsWithReference() {
    return (peek() == 'R' || peek() == 'O') && peek(1) == 'E';
  }

  /** Writes a list; a pack is as many entries as it has parts. */
  final String list(List<CxxText> parts) {
    StringBuilder list = new StringBuilder();
    append(list, parts);
    spend(list.length());
    return list.toString();
  }

  private void append(StringBuilder list, List<CxxText> parts) {
    for (CxxText part : parts) {
      if (part.kind() == Kind.PACK && !unseen) {
        throw Malformed.NAME;
      }
      if (part.isPack()) {
        append(list, part.parts());
        continue;
      }
      if (list.length() > 0) {
        list.append(", ");
      }
      list.append(part.left()).append(part.right());
      spend(part.left().length());
    }
  }

  private CxxText arrayType() {
    at++;
    String dimension = "";
    if (isDigit(peek())) {
      dimension = String.valueOf(number());
    } else if (peek() != '_') {
      dimension = whole(expression());
    }
    expect('_');
    CxxText element = type();
    if (element.isPack()) {
      throw Malformed.NAME;
    }
    String inner = element.kind() == Kind.ARRAY ? element.right().substring(1) : element.right();
    return new CxxText(element.left(), join(" [", dimension, "]", inner), Kind.ARRAY, "", null);
  }

  private CxxText memberPointer() {
    at++;
    String owner = whole(type());
    CxxText member = type();
    if (member.isPack()) {
      throw Malformed.NAME;
    }
    return switch (member.kind()) {
      case FUNCTION, ARRAY -> pointer(member, owner + "::*", Kind.PLAIN);
      default ->
          new CxxText(join(member.left(), " ", owner, "::*"), member.right(), Kind.PLAIN, "", null);
    };
  }

  private CxxText templateParameterType() {
    CxxText parameter = add(templateParameter());
    return peek() == 'I' && !inConversion ? add(template(parameter)) : parameter;
  }

  /** Reads the arguments of a template. */
  final CxxText template(CxxText template) {
    if (template.isPack()) {
      throw Malformed.NAME;
    }
    List<CxxText> its = templateArguments();
    String list = list(its);
    String open = template.left().endsWith("<") ? " <" : "<";
    String close = list.endsWith(">") ? " >" : ">";
    Kind kind = template.kind() == Kind.WITHOUT_RESULT ? Kind.WITHOUT_RESULT : Kind.PLAIN;
    return new CxxText(join(template.left(), open, list, close), "", kind, template.last(), its);
  }

  private CxxText substitutedType() {
    if (peek(1) == 't') {
      return add(name());
    }
    CxxText type = substitution(false);
    return peek() == 'I' ? add(template(type)) : type;
  }

  private CxxText typeD() {
    char c = peek(1);
    if (c == 'o' || c == 'x') {
      return add(functionType());
    }
    at += 2;
    return switch (c) {
      case 'a' -> CxxText.of("auto");
      case 'c' -> CxxText.of("decltype(auto)");
      case 'd' -> CxxText.of("decimal64");
      case 'e' -> CxxText.of("decimal128");
      case 'f' -> CxxText.of("decimal32");
      case 'h' -> CxxText.of("half");
      case 'i' -> CxxText.of("char32_t");
      case 'n' -> CxxText.of("decltype(nullptr)");
      case 's' -> CxxText.of("char16_t");
      case 'u' -> CxxText.of("char8_t");
      case 'F' -> floatType();
      case 't', 'T' -> {
        String expression = whole(expression());
        expect('E');
        yield add(CxxText.of(join("decltype (", expression, ")")));
      }
      case 'p' -> add(expanded(type()));
      case 'v' -> vectorType();
      default -> throw Malformed.NAME;
    };
  }

  private CxxText floatType() {
    String bits = String.valueOf(number());
    if (take('x')) {
      return CxxText.of("_Float" + bits + "x");
    }
    if (take('b')) {
      return CxxText.of("std::bfloat16_t");
    }
    expect('_');
    return CxxText.of("_Float" + bits);
  }

  /** Returns the pack as it is; a list writes its parts. Anything else is of no known number. */
  private CxxText expanded(CxxText pattern) {
    if (pattern.isPack()) {
      return CxxText.expanded(pattern.parts());
    }
    if (unseen) {
      return pattern;
    }
    if (inLambda) {
      return CxxText.of(join("(", pattern.left(), pattern.right(), ")..."));
    }
    throw Malformed.NAME;
  }

  private CxxText vectorType() {
    String size = take('_') ? whole(expression()) : String.valueOf(number());
    expect('_');
    return add(suffixed(type(), join(" __vector(", size, ")")));
  }

  /** Returns the text of a part that stands for itself. A pack has no text of its own. */
  final String whole(CxxText part) {
    if (part.isPack()) {
      if (unseen) {
        return "";
      }
      throw Malformed.NAME;
    }
    return part.right().isEmpty() ? part.left() : join(part.left(), part.right());
  }
}
