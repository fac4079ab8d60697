package io.spprof.symbol.demangle;

import io.spprof.symbol.demangle.CxxText.Kind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Resolves what a mangled C++ name abbreviates (Itanium C++ ABI, chapters 5.1.8 and 5.1.10). A
 * substitution ({@code S_}, {@code S0_} …) stands for a part of the same name that was read before,
 * and {@code Sa}, {@code Ss} and their like for names in {@code std}. A template parameter ({@code
 * T_}, {@code T0_} …) stands for one of the template's arguments. What an abbreviation stands for
 * can depend on the place where it is used: {@code T_} in the parameters of a generic lambda is the
 * lambda's own parameter. The readers of names and types, which are subclasses, add each part that
 * can be substituted, in the order in which the ABI numbers them.
 */
abstract class CxxSubstitutions extends Scanner {

  /**
   * Where a candidate of substitution that contains template parameters was read, and what these
   * stood for there. In the signature of another function, and in that of a generic lambda, they
   * are parameters of these: then the candidate is read again.
   *
   * @param place where its type begins; -1 if it is no type, and cannot be read again
   */
  private record Origin(int place, List<CxxText> arguments, boolean inLambda) {}

  private final List<CxxText> substitutions = new ArrayList<>();
  private final Map<Integer, Origin> origins = new HashMap<>();

  /** The number of template parameters that were read. */
  private int parameters;

  /** What template parameters stand for; null where there are none. */
  List<CxxText> arguments;

  /** Within the parameters of a generic lambda, template parameters are its own. */
  boolean inLambda;

  /** Within the result and the parameters of a function. */
  boolean inSignature;

  /** Within the type of a conversion: arguments after a parameter are those of the conversion. */
  boolean inConversion;

  /** Within the parameters of the outermost function: nobody sees the text. */
  boolean unseen;

  CxxSubstitutions(String mangled, int at) {
    super(mangled, at);
  }

  /** Reads a type, for {@link #type}. */
  abstract CxxText anyType();

  /** Returns the number of candidates, for {@link #reread}. */
  final int substitutions() {
    return substitutions.size();
  }

  final CxxText add(CxxText candidate) {
    substitutions.add(candidate);
    return candidate;
  }

  /** Returns a mark for {@link #addPrefix}. */
  final int parametersRead() {
    return parameters;
  }

  /** Adds the prefix of a name, which began when {@code before} parameters were read. */
  final CxxText addPrefix(CxxText candidate, int before) {
    if (parameters > before) {
      origins.put(substitutions.size(), new Origin(-1, arguments, inLambda));
    }
    return add(candidate);
  }

  /** What surrounds a place of the name. */
  record Place(
      int depth,
      List<CxxText> arguments,
      boolean inLambda,
      boolean inSignature,
      boolean inConversion,
      boolean unseen) {}

  final Place place() {
    return new Place(depth(), arguments, inLambda, inSignature, inConversion, unseen);
  }

  /** Comes back to a place after an error. */
  final void comeBack(Place place) {
    leaveTo(place.depth());
    arguments = place.arguments();
    inLambda = place.inLambda();
    inSignature = place.inSignature();
    inConversion = place.inConversion();
    unseen = place.unseen();
  }

  /** Goes back to a place, with the first substitutions only. */
  final void reread(int place, int candidates) {
    at = place;
    substitutions.subList(candidates, substitutions.size()).clear();
    origins.keySet().removeIf(index -> index >= candidates);
  }

  /** Reads a substitution, but for {@code St}. In a prefix, a constructor may follow. */
  final CxxText substitution(boolean prefix) {
    expect('S');
    char c = next();
    if (c == '_' || isDigit(c) || isUpper(c)) {
      int index = 0;
      if (c != '_') {
        at--;
        index = base36() + 1;
        expect('_');
      }
      if (index >= substitutions.size()) {
        throw Malformed.NAME;
      }
      return again(index);
    }
    boolean full = prefix && (peek() == 'C' || peek() == 'D');
    return switch (c) {
      case 'a' -> standard("allocator", "allocator");
      case 'b' -> standard("basic_string", "basic_string");
      case 's' ->
          full
              ? standard(
                  "basic_string<char, std::char_traits<char>, std::allocator<char> >",
                  "basic_string")
              : standard("string", "string");
      case 'i' -> stream(full, "istream");
      case 'o' -> stream(full, "ostream");
      case 'd' -> stream(full, "iostream");
      default -> throw Malformed.NAME;
    };
  }

  /** Returns a candidate as it reads at this place. */
  private CxxText again(int index) {
    Origin origin = origins.get(index);
    if (origin == null
        || unseen
        || origin.arguments() == arguments && origin.inLambda() == inLambda) {
      return substitutions.get(index);
    }
    if (origin.place() < 0 || !inLambda && !inSignature) {
      throw Malformed.NAME; // of which function its parameters are cannot be known
    }
    int back = at;
    int candidates = substitutions.size();
    at = origin.place();
    CxxText type = type();
    reread(back, candidates);
    if (!inLambda && !type.equals(substitutions.get(index))) {
      throw Malformed.NAME; // demanglers disagree whose parameters these are
    }
    return type;
  }

  private static CxxText stream(boolean full, String name) {
    return full
        ? standard("basic_" + name + "<char, std::char_traits<char> >", "basic_" + name)
        : standard(name, name);
  }

  private static CxxText standard(String name, String last) {
    return new CxxText("std::" + name, "", Kind.QUALIFIED, last, null);
  }

  private int base36() {
    int number = 0;
    while (isDigit(peek()) || isUpper(peek())) {
      number = number * 36 + Character.digit(next(), 36);
      if (number > 1 << 20) {
        throw Malformed.NAME;
      }
    }
    return number;
  }

  /** Reads a type. */
  final CxxText type() {
    enter();
    int from = at;
    int before = parameters;
    CxxText type = anyType();
    int last = substitutions.size() - 1;
    if (parameters > before && last >= 0 && substitutions.get(last) == type) {
      origins.put(last, new Origin(from, arguments, inLambda));
    }
    leave();
    return type;
  }

  /** Reads a template parameter, and returns what it stands for. */
  final CxxText templateParameter() {
    expect('T');
    parameters++;
    if (peek() == 'L' || !isDigit(peek()) && peek() != '_') {
      throw Malformed.NAME;
    }
    int index = 0;
    if (peek() != '_') {
      index = number() + 1;
    }
    expect('_');
    if (inLambda) {
      return CxxText.of("auto:" + (index + 1));
    }
    if (arguments == null || index >= arguments.size()) {
      if (unseen) {
        return CxxText.of("?");
      }
      throw Malformed.NAME;
    }
    CxxText argument = arguments.get(index);
    return argument.isPack() ? CxxText.pack(argument.parts()) : argument;
  }
}
