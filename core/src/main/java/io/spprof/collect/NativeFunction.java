package io.spprof.collect;

import io.spprof.profile.ProfileMethod;

/**
 * A function of native code. It has a name from the beginning, and a better one once it is found.
 */
final class NativeFunction {

  private final Library library;
  private final long address;
  private String name;

  NativeFunction(Library library, long address) {
    this.library = library;
    this.address = address;
    this.name = library.function(address);
  }

  Library library() {
    return library;
  }

  long address() {
    return address;
  }

  String name() {
    return name;
  }

  /** Returns the function as a method of the profile. */
  ProfileMethod method() {
    return new ProfileMethod(
        name, library.kind(), library.shown(), library.shown() == null ? 0 : address);
  }

  void name(String found) {
    name = found;
  }
}
