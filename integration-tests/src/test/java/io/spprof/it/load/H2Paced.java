package io.spprof.it.load;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;

/**
 * Runs the bank of {@link H2Oltp} as an open loop, at a fixed offered rate. The time at which each
 * transaction is due is fixed beforehand. Latencies are measured from this time, not from the time
 * at which the transaction begins. So a slow transaction also lengthens the latencies of the
 * transactions that had to wait behind it. The sequence of transactions is the same in every JVM.
 * Only one thread may use it.
 */
public final class H2Paced {

  /** A worker and its customers, who arrive at equal intervals and queue if the worker is late. */
  private static final class Worker {
    private final Connection bank;
    private final SplittableRandom random;
    private final int number;
    private final int workers;

    Worker(int number, int workers) throws SQLException {
      this.bank = H2Oltp.connect();
      this.random = new SplittableRandom(number);
      this.number = number;
      this.workers = workers;
    }

    void flatOut(int transactions) throws SQLException {
      for (int i = 0; i < transactions; i++) {
        H2Oltp.transact(bank, random, number, workers);
      }
    }

    /** Runs transactions and stores their timings in this worker's part of the arrays. */
    void paced(Timings timings, long firstNanos, long periodNanos) throws SQLException {
      int each = timings.latencies.length / workers;
      for (int i = 0; i < each; i++) {
        long due = firstNanos + i * periodNanos;
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
          LockSupport.parkNanos(left);
        }
        long cpuBefore = THREADS.getCurrentThreadCpuTime();
        H2Oltp.transact(bank, random, number, workers);
        timings.latencies[number * each + i] = System.nanoTime() - due;
        timings.cpuTimes[number * each + i] = THREADS.getCurrentThreadCpuTime() - cpuBefore;
      }
    }
  }

  /**
   * The times of transactions, ns.
   *
   * @param latencies from the time when each was due to its commit
   * @param cpuTimes CPU times of the thread that ran it
   */
  private record Timings(long[] latencies, long[] cpuTimes) {
    Timings(int transactions) {
      this(new long[transactions], new long[transactions]);
    }
  }

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final List<Worker> workers = new ArrayList<>();
  private final ExecutorService threads;
  private Timings timings = new Timings(0);

  /** Fills the bank; runs no transaction yet. */
  public H2Paced(int workers) throws SQLException {
    H2Oltp.create();
    for (int i = 0; i < workers; i++) {
      this.workers.add(new Worker(i, workers));
    }
    // The threads are never ended explicitly; they end with the JVM.
    threads = Executors.newFixedThreadPool(workers);
  }

  /** Runs so many transactions, by all workers together, at full speed. */
  public void flatOut(int transactions) throws Exception {
    all(worker -> worker.flatOut(transactions / workers.size()));
  }

  /** Runs transactions at a rate a second, by all workers together; returns after the last one. */
  public void paced(int rate, int seconds) throws Exception {
    long period = 1_000_000_000L * workers.size() / rate;
    long first = System.nanoTime() + period;
    int each = rate * seconds / workers.size();
    timings = new Timings(each * workers.size());
    // The workers' customers arrive in turn.
    all(worker -> worker.paced(timings, first + worker.number * period / workers.size(), period));
  }

  /** The latencies of the last paced transactions, ns, in ascending order. */
  public long[] latencies() {
    return LongStream.of(timings.latencies).sorted().toArray();
  }

  /** The CPU times of the last paced transactions, ns, in ascending order. */
  public long[] cpuTimes() {
    return LongStream.of(timings.cpuTimes).sorted().toArray();
  }

  /** The work of each worker. */
  @FunctionalInterface
  private interface Job {
    void by(Worker worker) throws SQLException;
  }

  private void all(Job job) throws Exception {
    List<Callable<Void>> jobs = new ArrayList<>();
    for (Worker worker : workers) {
      jobs.add(
          () -> {
            job.by(worker);
            return null;
          });
    }
    for (Future<Void> done : threads.invokeAll(jobs)) {
      done.get();
    }
  }
}
