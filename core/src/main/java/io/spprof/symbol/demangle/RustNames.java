package io.spprof.symbol.demangle;

/**
 * Reads Rust's mangled names of version 0 (RFC 2603). Crates are written without their hashes, and
 * constants without their types.
 */
final class RustNames extends Scanner {

  private static final int FIRST = 2; // after _R; references count from there
  private static final long MOST_BASE_62 = Long.divideUnsigned(-1, 62) - 1;
  private static final String[] BASIC = new String[26];

  static {
    String basic =
        "a=i8 b=bool c=char d=f64 e=str f=f32 h=u8 i=isize j=usize l=i32 m=u32 n=i128 o=u128 p=_ s=i16"
            + " t=u16 u=() v=... x=i64 y=u64 z=!";
    for (String each : basic.split(" ")) {
      BASIC[each.charAt(0) - 'a'] = each.substring(2);
    }
  }

  private final StringBuilder out = new StringBuilder();
  private int silent; // depth of what is read and not written
  private int lifetimes; // that binders around this place bind

  private RustNames(String mangled) {
    super(mangled, FIRST);
  }

  /**
   * Returns the path of a function.
   *
   * @param mangled begins with {@code _R}
   * @throws Malformed if it is no mangled name, or one that is not demangled here
   */
  static String demangle(String mangled) {
    RustNames names = new RustNames(mangled);
    if (isDigit(names.peek())) {
      throw Malformed.NAME; // a version that does not exist yet
    }
    names.path(true);
    if (isUpper(names.peek())) { // the crate that has this instance
      names.silent++;
      names.path(false);
    }
    if (!names.ended() && names.peek() != '.' && names.peek() != '$') {
      throw Malformed.NAME;
    }
    return names.out.toString();
  }

  private void write(String text) {
    if (silent == 0) {
      spend(text.length());
      out.append(text);
    }
  }

  /** Reads a path. In a value's path, {@code ::} is before the arguments of a template. */
  private void path(boolean value) {
    enter();
    switch (next()) {
      case 'C' -> write(identifier(disambiguator()));
      case 'M' -> {
        implementation();
        write("<");
        type();
        write(">");
      }
      case 'X' -> {
        implementation();
        typeAsTrait();
      }
      case 'Y' -> typeAsTrait();
      case 'N' -> nested(value);
      case 'I' -> {
        path(value);
        write(value ? "::<" : "<");
        genericArguments();
        write(">");
      }
      case 'B' -> {
        int back = reference();
        path(value);
        at = back;
      }
      default -> throw Malformed.NAME;
    }
    leave();
  }

  private void implementation() {
    silent++;
    disambiguator();
    path(false);
    silent--;
  }

  private void typeAsTrait() {
    write("<");
    type();
    write(" as ");
    path(false);
    write(">");
  }

  private void nested(boolean value) {
    char space = next();
    if (!isLower(space) && !isUpper(space)) {
      throw Malformed.NAME;
    }
    path(value);
    long disambiguator = disambiguator();
    String name = identifier(disambiguator);
    if (isLower(space)) {
      write(name.isEmpty() ? "" : "::" + name);
      return;
    }
    String kind = space == 'C' ? "closure" : space == 'S' ? "shim" : String.valueOf(space);
    write(
        "::{"
            + kind
            + (name.isEmpty() ? "" : ":" + name)
            + "#"
            + Long.toUnsignedString(disambiguator)
            + "}");
  }

  /** Reads the arguments up to the E. */
  private void genericArguments() {
    for (int i = 0; !take('E'); i++) {
      write(i > 0 ? ", " : "");
      if (take('L')) {
        lifetime(base62());
      } else if (take('K')) {
        constant();
      } else {
        type();
      }
    }
  }

  // numbers and identifiers

  /** Reads a number in base 62 with its underscore. It has 64 bits without a sign. */
  private long base62() {
    if (take('_')) {
      return 0;
    }
    long number = 0;
    while (!take('_')) {
      char c = next();
      int digit = isDigit(c) ? c - '0' : isLower(c) ? c - 'a' + 10 : isUpper(c) ? c - 'A' + 36 : -1;
      if (digit < 0 || Long.compareUnsigned(number, MOST_BASE_62) > 0) {
        throw Malformed.NAME;
      }
      number = number * 62 + digit;
    }
    return number + 1;
  }

  private long optionalBase62(char tag) {
    return take(tag) ? base62() + 1 : 0;
  }

  private long disambiguator() {
    return optionalBase62('s');
  }

  /**
   * Reads a reference to an earlier place, and continues there.
   *
   * @return where to go on afterwards
   */
  private int reference() {
    int from = at - 1;
    long target = base62() + FIRST;
    if (target < FIRST || target >= from) {
      throw Malformed.NAME;
    }
    int back = at;
    at = (int) target;
    return back;
  }

  private String identifier(long disambiguator) {
    boolean punycode = take('u');
    int length = take('0') ? 0 : number();
    take('_');
    String text = characters(length);
    if (!punycode) {
      return text;
    }
    String decoded = Punycode.decode(text);
    spend(decoded.length());
    return decoded;
  }

  // types

  private void type() {
    enter();
    char c = next();
    if (isLower(c)) {
      if (BASIC[c - 'a'] == null) {
        throw Malformed.NAME;
      }
      write(BASIC[c - 'a']);
      leave();
      return;
    }
    switch (c) {
      case 'R', 'Q' -> {
        write("&");
        if (take('L')) {
          long lifetime = base62();
          if (lifetime > 0) {
            lifetime(lifetime);
            write(" ");
          }
        }
        write(c == 'Q' ? "mut " : "");
        type();
      }
      case 'P' -> {
        write("*const ");
        type();
      }
      case 'O' -> {
        write("*mut ");
        type();
      }
      case 'A' -> {
        write("[");
        type();
        write("; ");
        constant();
        write("]");
      }
      case 'S' -> {
        write("[");
        type();
        write("]");
      }
      case 'T' -> tuple();
      case 'F' -> function();
      case 'D' -> dynamicTrait();
      case 'B' -> {
        int back = reference();
        type();
        at = back;
      }
      default -> {
        at--;
        path(false);
      }
    }
    leave();
  }

  private void tuple() {
    write("(");
    int count = 0;
    while (!take('E')) {
      write(count++ > 0 ? ", " : "");
      type();
    }
    write(count == 1 ? ",)" : ")");
  }

  private void function() {
    int outer = lifetimes;
    binder();
    write(take('U') ? "unsafe " : "");
    if (take('K')) {
      String abi = take('C') ? "C" : identifier(0).replace('_', '-');
      write("extern \"" + abi + "\" ");
    }
    write("fn(");
    for (int i = 0; !take('E'); i++) {
      write(i > 0 ? ", " : "");
      type();
    }
    write(")");
    if (!take('u')) {
      write(" -> ");
      type();
    }
    lifetimes = outer;
  }

  private void dynamicTrait() {
    write("dyn ");
    int outer = lifetimes;
    binder();
    for (int i = 0; !take('E'); i++) {
      write(i > 0 ? " + " : "");
      boundTrait();
    }
    lifetimes = outer;
    expect('L');
    long lifetime = base62();
    if (lifetime > 0) {
      write(" + ");
      lifetime(lifetime);
    }
  }

  /** Reads a trait with the types of its associated items, which stand among its arguments. */
  private void boundTrait() {
    boolean open = pathWithOpenArguments();
    while (take('p')) {
      write(open ? ", " : "<");
      open = true;
      write(identifier(0));
      write(" = ");
      type();
    }
    write(open ? ">" : "");
  }

  private boolean pathWithOpenArguments() {
    enter();
    boolean open = false;
    if (take('B')) {
      int back = reference();
      open = pathWithOpenArguments();
      at = back;
    } else if (take('I')) {
      path(false);
      write("<");
      genericArguments();
      open = true;
    } else {
      path(false);
    }
    leave();
    return open;
  }

  private void binder() {
    long count = optionalBase62('G');
    if (count < 0 || count > 1000) {
      throw Malformed.NAME;
    }
    if (count > 0) {
      write("for<");
      for (int i = 0; i < count; i++) {
        write(i > 0 ? ", " : "");
        lifetimes++;
        lifetime(1);
      }
      write("> ");
    }
  }

  /** Writes a lifetime; 1 is the one bound last, 0 one without a name. */
  private void lifetime(long index) {
    if (index == 0) {
      write("'_");
      return;
    }
    long depth = lifetimes - index;
    if (index < 0 || depth < 0) {
      throw Malformed.NAME;
    }
    write(depth < 26 ? "'" + (char) ('a' + depth) : "'_" + depth);
  }

  // constants

  private void constant() {
    enter();
    if (take('B')) {
      int back = reference();
      constant();
      at = back;
      leave();
      return;
    }
    char type = next();
    switch (type) {
      case 'p' -> write("_");
      case 'h', 't', 'm', 'y', 'o', 'j' -> write(integer());
      case 'a', 's', 'l', 'x', 'n', 'i' -> write((take('n') ? "-" : "") + integer());
      case 'b' -> {
        String value = hex();
        if (!value.equals("0") && !value.equals("1")) {
          throw Malformed.NAME;
        }
        write(value.equals("1") ? "true" : "false");
      }
      case 'c' -> write(character());
      default -> throw Malformed.NAME;
    }
    leave();
  }

  /** Reads hexadecimal digits up to the underscore. */
  private String hex() {
    int from = at;
    while (isDigit(peek()) || peek() >= 'a' && peek() <= 'f') {
      at++;
    }
    String digits = mangled.substring(from, at);
    expect('_');
    int zeros = 0;
    while (zeros < digits.length() - 1 && digits.charAt(zeros) == '0') {
      zeros++;
    }
    return digits.isEmpty() ? "0" : digits.substring(zeros);
  }

  private String integer() {
    String digits = hex();
    return digits.length() > 16
        ? "0x" + digits
        : Long.toUnsignedString(Long.parseUnsignedLong(digits, 16));
  }

  private String character() {
    String digits = hex();
    int point = digits.length() > 6 ? -1 : Integer.parseInt(digits, 16);
    if (point < ' ' || point > '~' || point == '\'' || point == '\\') {
      throw Malformed.NAME;
    }
    return "'" + (char) point + "'";
  }
}
