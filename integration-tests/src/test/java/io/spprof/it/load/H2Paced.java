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
 * The bank of {@link H2Oltp} at a fixed offered rate: an open loop. When each transaction is due is
 * known beforehand, and it is timed from then and not from when it began, so that one that is slow
 * counts for those, too, that had to wait behind it. Which transactions they are is the same in
 * every JVM. To be used by one thread.
 */
public final class H2Paced {

  /** A worker and its customers, who come at even intervals and queue up if it is late. */
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

    /** Writes what each transaction took where this worker's share of the timings is. */
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
   * What transactions took, ns.
   *
   * @param latencies from when each was due to its commit
   * @param cpuTimes of the thread that did it
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

  /** Fills the bank; nothing runs yet. */
  public H2Paced(int workers) throws SQLException {
    H2Oltp.create();
    for (int i = 0; i < workers; i++) {
      this.workers.add(new Worker(i, workers));
    }
    // Its threads are never ended: they go with the JVM.
    threads = Executors.newFixedThreadPool(workers);
  }

  /** So many transactions, by all workers together, as fast as they go. */
  public void flatOut(int transactions) throws Exception {
    all(worker -> worker.flatOut(transactions / workers.size()));
  }

  /** Transactions at a rate a second, by all workers together; returns when the last is done. */
  public void paced(int rate, int seconds) throws Exception {
    long period = 1_000_000_000L * workers.size() / rate;
    long first = System.nanoTime() + period;
    int each = rate * seconds / workers.size();
    timings = new Timings(each * workers.size());
    // The workers' customers come by turns.
    all(worker -> worker.paced(timings, first + worker.number * period / workers.size(), period));
  }

  /** From when the last paced transactions were due to their commits, ns, the shortest first. */
  public long[] latencies() {
    return LongStream.of(timings.latencies).sorted().toArray();
  }

  /** CPU time of the threads that did them, ns, the shortest first. */
  public long[] cpuTimes() {
    return LongStream.of(timings.cpuTimes).sorted().toArray();
  }

  /** What each worker does. */
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
