package io.spprof.it.bench;

/** One part of the benchmark. */
interface Item {

  /** Measures, and adds rows and notes to the table. */
  void run(Setup setup, Table table) throws Exception;
}
