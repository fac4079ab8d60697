package io.spprof.it.load;

import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.LongUnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * A load of streams and lambdas. Its stacks contain hidden classes, linkers of method handles, and
 * deep inlining.
 */
public final class Lambdas {

  private Lambdas() {}

  private record Person(String name, int age, long balance) {}

  /** Takes no arguments. */
  public static void main(String[] args) throws IOException {
    Loads.serve(Lambdas::round);
  }

  private static long round(SplittableRandom random) {
    List<Person> people =
        IntStream.range(0, 500)
            .mapToObj(i -> new Person("p" + i % 37, random.nextInt(100), random.nextLong(1_000)))
            .toList();
    return grouped(people) + sorted(people) + flat(people) + composed(random) + futures(people);
  }

  private static long grouped(List<Person> people) {
    Map<String, Long> byName =
        people.stream()
            .filter(person -> person.age() > 17)
            .collect(Collectors.groupingBy(Person::name, Collectors.summingLong(Person::balance)));
    return byName.values().stream().mapToLong(Long::longValue).sum();
  }

  private static long sorted(List<Person> people) {
    return people.stream()
        .sorted(Comparator.comparing(Person::age).reversed().thenComparing(Person::name))
        .skip(10)
        .limit(100)
        .mapToLong(Person::balance)
        .reduce(1, (a, b) -> a * 31 + b);
  }

  private static long flat(List<Person> people) {
    return people.stream()
        .flatMap(person -> Stream.of(person.name(), person.name() + person.age()))
        .map(Optional::of)
        .map(name -> name.filter(n -> n.length() > 2).map(String::length).orElse(0))
        .distinct()
        .count();
  }

  private static long composed(SplittableRandom random) {
    long salt = random.nextLong();
    LongUnaryOperator function = LongUnaryOperator.identity();
    for (int i = 0; i < 12; i++) {
      int shift = i;
      function = function.andThen(x -> Long.rotateLeft(x, shift) ^ salt).compose(x -> x + shift);
    }
    return LongStream.range(0, 300).map(function).sum();
  }

  private static long futures(List<Person> people) {
    Function<Person, Long> score = person -> Spin.steps(person.balance(), person.age());
    return CompletableFuture.completedFuture(people.get(0))
        .thenApply(score)
        .thenCompose(x -> CompletableFuture.completedFuture(x ^ 1))
        .thenCombine(CompletableFuture.completedFuture(2L), Long::sum)
        .join();
  }
}
