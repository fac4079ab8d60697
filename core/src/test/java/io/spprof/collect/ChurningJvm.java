package io.spprof.collect;

import io.spprof.sampler.RingWriter;
import io.spprof.sampler.SamplerConfig;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.SplittableRandom;

/**
 * Simulates an application server under load, and the walker that writes its stacks to a ring. The
 * walker's tables are as large as a session's. Time is compressed: the time between two samples is
 * {@link #WINDOW_NANOS} divided by {@link #SAMPLES_A_WINDOW}.
 *
 * <ul>
 *   <li>The code of the server and of the JDK stays. The application is deployed anew every hour:
 *       its code has other locations and its methods have other addresses. Most names are the same
 *       as before; some are generated.
 *   <li>A few hundred stacks of 20 to 60 frames are hot. A sixth of the samples is in a long tail.
 *   <li>Every ten seconds a hidden class and a thread of a pool are added, and old ones are
 *       removed. Some code is recompiled.
 * </ul>
 *
 * The memory of the simulation itself does not grow.
 */
final class ChurningJvm {

  /** The number of samples in a window of ten seconds, at 10 million samples a day. */
  static final int SAMPLES_A_WINDOW = 10_000_000 / 8640;

  static final long WINDOW_NANOS = 10_000_000_000L;
  static final long SAMPLE_CPU_NANOS = 10_000_000;

  private static final int WINDOWS_A_DEPLOYMENT = 360;
  private static final int SERVER_METHODS = 1000;
  private static final int SERVER_LOCATIONS = 1500;
  private static final int APPLICATION_METHODS = 1500;
  private static final int GENERATED_METHODS = 75;
  private static final int APPLICATION_LOCATIONS = 3000;
  private static final int HOT_STACKS = 300;
  private static final int HIDDEN_CLASSES = 50;
  private static final int LASTING_THREADS = 40;
  private static final int POOL_THREADS = 20;
  private static final long CODE_CACHE = 240L << 20;
  private static final long METASPACE = 256L << 20;

  private record Method(String name, int[] lines, long address, int check) {}

  private record Frame(Method method, int bci) {}

  /** A location of compiled code, with the frames that are inlined there. */
  private record Location(long pc, int compilation, Frame[] frames) {}

  private final RingWriter ring;
  private final SplittableRandom random;
  private final DefinitionTable methods;
  private final DefinitionTable locations;
  private final Location[] server;
  private final Deque<Location> hidden = new ArrayDeque<>();
  private final int[] threads = new int[LASTING_THREADS + POOL_THREADS];
  private final String[] threadNames = new String[threads.length];
  private final long[] words = new long[512];
  private Location[] application;
  private int[][]
      hot; // locations: those of the server from 0, the application's from SERVER_LOCATIONS
  private int wordCount;
  private int lastMethod;
  private int lastLocation;
  private int methodsWritten;
  private int locationsWritten;
  private int compilations;
  private int deployments;
  private int hiddenClasses;
  private int threadsBegun;
  private int windows;

  /**
   * Creates the JVM of a session with this config and ring. The same seed gives the same samples.
   */
  ChurningJvm(RingWriter ring, SamplerConfig config, long seed) {
    this.ring = ring;
    random = new SplittableRandom(seed);
    methods = new DefinitionTable(config.methods());
    locations = new DefinitionTable(config.locations());
    server = newLocations(SERVER_LOCATIONS, methods(SERVER_METHODS, "org/server/core/Handler", 0));
    deploy();
    for (int i = 0; i < HIDDEN_CLASSES; i++) {
      loadHiddenClass();
    }
    for (int i = 0; i < threads.length; i++) {
      beginThread(i, i < LASTING_THREADS ? "http-nio-8080-exec-" + i : null);
    }
  }

  /** Makes the changes of ten seconds. */
  void windowPassed() {
    windows++;
    if (windows % WINDOWS_A_DEPLOYMENT == 0) {
      deploy();
    }
    loadHiddenClass();
    beginThread(LASTING_THREADS + windows % POOL_THREADS, null);
    compileAnew(server);
    compileAnew(application);
  }

  /**
   * The numbers of definitions of methods and locations that the walker wrote; those without room
   * count every time.
   */
  String written() {
    return String.format("%,d methods, %,d locations", methodsWritten, locationsWritten);
  }

  /** Makes the walker forget its tables, as the sampler does. */
  void forgetDefinitions() {
    if (!ring.forget()) {
      throw new IllegalStateException("the ring is full");
    }
    methods.clear();
    locations.clear();
    lastMethod = 0;
    lastLocation = 0;
    for (int i = 0; i < threads.length; i++) {
      writeName(i);
    }
  }

  /** Takes a sample at that time; false if the ring was full. */
  boolean sample(long timeNanos) {
    ring.timeNanos = timeNanos;
    wordCount = 0;
    int kind = random.nextInt(100);
    if (kind < 5) {
      write(hidden.peekLast());
    } else if (kind < 20) {
      write(application[random.nextInt(application.length)]);
      write(application[skewed(application.length)]);
    } else if (kind < 40) {
      Frame interpreted = server[skewed(server.length)].frames[0];
      words[wordCount++] = word(interpreted);
    }
    for (int location : hot[skewed(hot.length)]) {
      write(
          location < SERVER_LOCATIONS
              ? server[location]
              : application[location - SERVER_LOCATIONS]);
    }
    int thread = threads[random.nextInt(threads.length)];
    return ring.words(thread, SAMPLE_CPU_NANOS, RingWriter.OK, Arrays.copyOf(words, wordCount));
  }

  /** A random index; small ones are the most frequent. */
  private int skewed(int count) {
    double uniform = random.nextDouble();
    return (int) (count * uniform * uniform * uniform);
  }

  private void write(Location location) {
    int number = locations.find(location.pc, location.compilation);
    if (number != 0) {
      words[wordCount++] = RingWriter.location(number);
      return;
    }
    boolean room = locations.hasRoom(location.pc);
    number = room ? ++lastLocation : 0;
    words[wordCount++] = RingWriter.define(number, location.frames.length);
    for (Frame frame : location.frames) {
      words[wordCount++] = word(frame);
    }
    locationsWritten++;
    if (room) {
      locations.put(location.pc, location.compilation, number);
    }
  }

  private long word(Frame frame) {
    Method method = frame.method;
    int number = methods.find(method.address, method.check);
    if (number == 0) {
      boolean room = methods.hasRoom(method.address);
      methodsWritten++;
      number = room ? ++lastMethod : RingWriter.transientNumber(methodsWritten);
      if (!ring.method(number, method.name, method.lines)) {
        throw new IllegalStateException("the ring is full");
      }
      if (room) {
        methods.put(method.address, method.check, number);
      }
    }
    return RingWriter.frame(number, frame.bci);
  }

  private void deploy() {
    deployments++;
    Method[] own =
        methods(APPLICATION_METHODS - GENERATED_METHODS, "com/example/shop/order/Service", 0);
    Method[] generated =
        methods(GENERATED_METHODS, "com/example/shop/order/Service$$Proxy", deployments);
    Method[] all = Arrays.copyOf(own, APPLICATION_METHODS);
    System.arraycopy(generated, 0, all, own.length, generated.length);
    application = newLocations(APPLICATION_LOCATIONS, all);
    hot = new int[HOT_STACKS][];
    for (int i = 0; i < hot.length; i++) {
      hot[i] = random.ints(12, 0, SERVER_LOCATIONS).toArray();
      for (int at = 1; at < 8; at++) {
        hot[i][at] = SERVER_LOCATIONS + random.nextInt(APPLICATION_LOCATIONS);
      }
    }
  }

  /** Creates methods. Their names and lines are always the same within one generation. */
  private Method[] methods(int count, String in, int generation) {
    Method[] made = new Method[count];
    for (int i = 0; i < count; i++) {
      String suffix = generation == 0 ? "" : String.valueOf(generation * 1000 + i);
      made[i] = method(in + suffix + i / 10 + ".process" + i % 10, i);
    }
    return made;
  }

  private Method method(String name, int seed) {
    int[] lines = new int[3 + seed % 15];
    for (int i = 0; i < lines.length; i++) {
      lines[i] = 7 * i << 16 | 10 + seed % 500 + i;
    }
    return new Method(name, lines, 8 + 8 * random.nextLong(METASPACE / 8), random.nextInt());
  }

  /** Creates locations with one to five frames. */
  private Location[] newLocations(int count, Method[] of) {
    Location[] made = new Location[count];
    for (int i = 0; i < count; i++) {
      Frame[] frames = new Frame[1 + random.nextInt(5)];
      for (int at = 0; at < frames.length; at++) {
        Method method = of[random.nextInt(of.length)];
        frames[at] = new Frame(method, 7 * random.nextInt(method.lines.length));
      }
      made[i] = compiled(frames);
    }
    return made;
  }

  private Location compiled(Frame... frames) {
    return new Location(1 + random.nextLong(CODE_CACHE), ++compilations, frames);
  }

  private void compileAnew(Location[] code) {
    int at = random.nextInt(code.length);
    code[at] = compiled(code[at].frames);
  }

  private void loadHiddenClass() {
    String name =
        String.format(
            "com/example/shop/Rules$$Lambda+0x%016x.run", 0x7f0000000000L + ++hiddenClasses);
    hidden.addLast(compiled(new Frame(method(name, 0), 0)));
    if (hidden.size() > HIDDEN_CLASSES) {
      hidden.removeFirst();
    }
  }

  private void beginThread(int at, String lastingName) {
    int serial = ++threadsBegun;
    threads[at] = serial;
    String name =
        lastingName != null ? lastingName : "pool-" + serial / 4 + "-thread-" + (serial % 4 + 1);
    threadNames[at] = name;
    writeName(at);
  }

  private void writeName(int at) {
    if (!ring.name(threads[at], threadNames[at])) {
      throw new IllegalStateException("the ring is full");
    }
  }
}
