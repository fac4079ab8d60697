/**
 * Tests with real JVMs, real clients and real workloads. A test starts a {@link
 * io.spprof.it.TargetJvm} with a workload of {@code io.spprof.it.load} in it. It calls the bean as
 * any remote client does ({@link io.spprof.it.BeanClient}: a name, open types, none of the
 * product's classes). Then it compares the profiler's figures with those of the workload or the
 * kernel.
 *
 * <p>Tests assert laws, not counts: every signal is accounted for, the samples stand for the CPU
 * time that was used, a share of the profile is a share of the CPU time. Where chance plays a part,
 * the test says how large that part is, and runs long enough for four standard deviations.
 *
 * <p>To run one test: {@code ./mvnw -q verify -Dtest=none -Dsurefire.failIfNoSpecifiedTests=false
 * -Dit.test=SplitIT}. The measurements of the CPU accounting are in {@code
 * target/it/cpu-accounting.tsv}.
 */
package io.spprof.it;
