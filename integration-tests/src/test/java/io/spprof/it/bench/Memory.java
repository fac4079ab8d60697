package io.spprof.it.bench;

/** Item 6: memory. */
final class Memory implements Item {

  @Override
  public void run(Setup setup, Table table) {}
}
