/**
 * Tests with real JVMs, real clients and real workloads. A test starts a {@link
 * io.spprof.it.TargetJvm} with a workload of {@code io.spprof.it.load} in it. The test calls the
 * profiler's bean as any remote client does: by its name and with open types, without any class of
 * the profiler ({@link io.spprof.it.BeanClient}). Then the test compares the profiler's figures
 * with those of the workload or the kernel.
 *
 * <p>Tests assert laws instead of exact counts: the counters account for every signal, the samples
 * stand for the CPU time that was used, and a method's share of the profile is its share of the CPU
 * time. Where chance plays a part, the test states the standard deviation, and runs long enough for
 * four standard deviations to lie within its tolerance.
 *
 * <p>To run one test: {@code ./mvnw -q verify -Dtest=none -Dsurefire.failIfNoSpecifiedTests=false
 * -Dit.test=SplitIT}. The measurements of the CPU accounting are in {@code
 * target/it/cpu-accounting.tsv}.
 */
package io.spprof.it;
