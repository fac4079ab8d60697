package io.spprof.jmx;

import io.spprof.Profiler;
import io.spprof.ProfilerState;
import io.spprof.config.ProfilerConfig;
import io.spprof.export.Export;
import io.spprof.export.ExportFormat;
import io.spprof.profile.Category;
import io.spprof.profile.DropCounts;
import io.spprof.profile.HotMethod;
import io.spprof.profile.HotMethods;
import io.spprof.profile.Kept;
import io.spprof.profile.Profile;
import io.spprof.profile.ProfilerStats;
import io.spprof.profile.SessionStats;
import io.spprof.profile.TimeRange;
import io.spprof.text.Printable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import javax.management.AttributeList;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanInfo;
import javax.management.MBeanOperationInfo;
import javax.management.MBeanParameterInfo;
import javax.management.StandardEmitterMBean;
import org.apache.commons.lang3.StringUtils;

/**
 * The management bean: it checks arguments, calls the {@link Profiler}, and converts results. Two
 * rules protect a client. Every attribute is read through {@link #read}, so reading an attribute
 * never throws. Every operation that can throw runs through {@link PlainErrors}, so the client can
 * deserialize the exception. Nothing else protects a client: an attribute or an operation that went
 * around these two would pass its exceptions on as they are.
 */
final class SpprofBean extends StandardEmitterMBean implements SpprofMXBean {

  /** The state, counters, gauges and settings from which the attributes are read. */
  private record Figures(ProfilerState state, ProfilerStats stats) {}

  private final Profiler profiler;
  private final ProfilerConfig defaults;
  private final OutputDirectory output;
  private final String settingsError;
  private final Streams streams;
  private final Texts texts;
  private final ProfilerStats noStats;
  private volatile boolean registered;

  /**
   * The {@link Figures} from which the current thread reads several attributes at once, so that the
   * attributes' values are consistent. Empty while the thread does not read several attributes.
   */
  private final ThreadLocal<Figures> bulk = new ThreadLocal<>();

  /**
   * Creates the bean. The bean does nothing until a client calls it.
   *
   * @param profiler the profiler that the bean manages
   * @param defaults the options that {@code start()} uses
   * @param output where dumps are written
   * @param settingsError what was wrong with the settings; "" if nothing
   * @param notifications sends the profiler's events
   * @param streams the profiles that clients read block by block; the owner of the bean closes them
   * @param texts makes the texts that operations return
   */
  SpprofBean(
      Profiler profiler,
      ProfilerConfig defaults,
      OutputDirectory output,
      String settingsError,
      Notifications notifications,
      Streams streams,
      Texts texts) {
    super(SpprofMXBean.class, true, notifications.emitter());
    this.profiler = profiler;
    this.defaults = defaults;
    this.output = output;
    this.settingsError = settingsError;
    this.streams = streams;
    this.texts = texts;
    this.noStats = noStats(defaults);
  }

  // Registration

  @Override
  public void postRegister(Boolean done) {
    super.postRegister(done);
    registered = done;
  }

  @Override
  public void postDeregister() {
    registered = false;
    super.postDeregister();
  }

  boolean isRegistered() {
    return registered;
  }

  // Attributes

  @Override
  public AttributeList getAttributes(String[] names) {
    bulk.set(figures());
    try {
      return super.getAttributes(names);
    } finally {
      bulk.remove();
    }
  }

  @Override
  public String getVersion() {
    return Version.get();
  }

  @Override
  public ProfilerState getState() {
    return figures().state();
  }

  @Override
  public boolean isRunning() {
    return figures().state() == ProfilerState.RUNNING;
  }

  @Override
  public String getLastError() {
    return Printable.line(StringUtils.defaultIfEmpty(read(profiler::lastError, ""), settingsError));
  }

  @Override
  public String getOptions() {
    return read(
        () -> (beforeFirstSession() ? defaults : profiler.config()).toOptions(),
        defaults.toOptions());
  }

  @Override
  public String getEngine() {
    return StringUtils.defaultString(figures().stats().setup().engine());
  }

  @Override
  public String getStackWalker() {
    return StringUtils.defaultString(figures().stats().setup().walker());
  }

  @Override
  public long getIntervalNanos() {
    return beforeFirstSession()
        ? defaults.intervalNanos()
        : figures().stats().setup().intervalNanos();
  }

  @Override
  public long getSessionsStarted() {
    return figures().stats().counters().sessionsStarted();
  }

  @Override
  public long getSignals() {
    return figures().stats().counters().signals();
  }

  @Override
  public long getCollectedSamples() {
    return figures().stats().counters().collectedSamples();
  }

  @Override
  public long getDroppedSamples() {
    return figures().stats().counters().dropped().total();
  }

  @Override
  public DropCounts getDroppedByReason() {
    return DropCounts.of(figures().stats().counters().dropped());
  }

  @Override
  public long getUnwalkableSamples() {
    return figures().stats().counters().unwalkableSamples();
  }

  @Override
  public long getSampledCpuTimeNanos() {
    return figures().stats().counters().sampledCpuNanos();
  }

  @Override
  public long getJavaCpuTimeNanos() {
    return figures().stats().counters().sampled().of(Category.JAVA);
  }

  @Override
  public long getNativeCpuTimeNanos() {
    return figures().stats().counters().sampled().of(Category.NATIVE);
  }

  @Override
  public long getJvmCpuTimeNanos() {
    return figures().stats().counters().sampled().of(Category.JVM);
  }

  @Override
  public long getGcCpuTimeNanos() {
    return figures().stats().counters().sampled().of(Category.GC);
  }

  @Override
  public long getJitCpuTimeNanos() {
    return figures().stats().counters().sampled().of(Category.JIT);
  }

  @Override
  public long getJvmThreadsCpuTimeNanos() {
    return figures().stats().counters().sampled().of(Category.JVM_THREADS);
  }

  @Override
  public long getLibraryThreadsCpuTimeNanos() {
    return figures().stats().counters().sampled().of(Category.LIBRARY_THREADS);
  }

  @Override
  public long getUnknownCpuTimeNanos() {
    return figures().stats().counters().sampled().of(Category.UNKNOWN);
  }

  @Override
  public long getDroppedCpuTimeNanos() {
    return figures().stats().counters().droppedCpuNanos();
  }

  @Override
  public long getUnseenCpuTimeNanos() {
    return figures().stats().counters().unseenCpuNanos();
  }

  @Override
  public long getCpuWaitTimeNanos() {
    return figures().stats().counters().kernel().cpuWaitNanos();
  }

  @Override
  public long getThrottledTimeNanos() {
    return figures().stats().counters().kernel().throttledNanos();
  }

  @Override
  public long getUserCpuTimeNanos() {
    return figures().stats().counters().kernel().userNanos();
  }

  @Override
  public long getSystemCpuTimeNanos() {
    return figures().stats().counters().kernel().systemNanos();
  }

  @Override
  public double getOverheadPercent() {
    return rates().overheadPercent();
  }

  @Override
  public double getMeasuredOverheadPercent() {
    return rates().measuredOverheadPercent();
  }

  @Override
  public long getOverheadCpuTimeNanos() {
    return figures().stats().counters().overheadCpuNanos();
  }

  @Override
  public long getStackWalkTimeNanos() {
    return figures().stats().counters().walkNanos();
  }

  @Override
  public int getThreadsSampled() {
    return figures().stats().gauges().threadsSampled();
  }

  @Override
  public int getThreadsFailed() {
    return figures().stats().gauges().threadsFailed();
  }

  @Override
  public long getUniqueStacks() {
    return figures().stats().gauges().uniqueStacks();
  }

  @Override
  public long getMemoryUsedBytes() {
    return figures().stats().gauges().memoryUsedBytes();
  }

  @Override
  public long getMemoryLimitBytes() {
    return beforeFirstSession()
        ? Profiler.memoryLimitBytes(defaults)
        : figures().stats().setup().memoryLimitBytes();
  }

  @Override
  public HotMethods getHotMethods() {
    return hotMethods(HotMethods.Stretch.LAST_TEN_SECONDS);
  }

  @Override
  public HotMethods getHotMethodsLastMinute() {
    return hotMethods(HotMethods.Stretch.LAST_MINUTE);
  }

  @Override
  public HotMethods getHotMethodsAll() {
    return hotMethods(HotMethods.Stretch.ALL);
  }

  private HotMethods hotMethods(HotMethods.Stretch stretch) {
    return read(
        () -> {
          HotMethods hot = profiler.hotMethods(stretch);
          List<HotMethod> finite = new ArrayList<>();
          for (HotMethod method : hot.methods()) {
            finite.add(
                new HotMethod(
                    Printable.line(method.method()),
                    finite(method.selfPercent()),
                    finite(method.totalPercent()),
                    method.samples()));
          }
          return new HotMethods(hot.fromMillis(), hot.toMillis(), hot.samples(), finite);
        },
        HotMethods.NONE);
  }

  @Override
  public double getSamplesPerSecond() {
    return rates().samplesPerSecond();
  }

  @Override
  public double getDropsPerSecond() {
    return rates().dropsPerSecond();
  }

  @Override
  public Kept getKept() {
    return read(profiler::kept, Kept.NONE);
  }

  @Override
  public long getOldestSampleAgeSeconds() {
    Kept kept = getKept();
    return Math.max(0, (kept.toMillis() - kept.fromMillis()) / 1000);
  }

  @Override
  public SessionStats getSession() {
    SessionStats session = figures().stats().session();
    return session == null
        ? SessionStats.NONE
        : new SessionStats(
            session.id(),
            StringUtils.defaultString(session.options()),
            session.startTimeMillis(),
            session.durationMillis(),
            session.collected(),
            session.dropped(),
            finite(session.overheadPercent()),
            finite(session.measuredOverheadPercent()));
  }

  /** Returns the present rates; all 0 if no session runs. */
  private ProfilerStats.Rates rates() {
    Figures now = figures();
    ProfilerStats.Rates rates = now.stats().rates();
    return rates == null || now.state() != ProfilerState.RUNNING
        ? ProfilerStats.Rates.ZERO
        : new ProfilerStats.Rates(
            finite(rates.samplesPerSecond()),
            finite(rates.dropsPerSecond()),
            finite(rates.overheadPercent()),
            finite(rates.measuredOverheadPercent()));
  }

  private Figures figures() {
    Figures shared = bulk.get();
    return shared != null
        ? shared
        : new Figures(read(profiler::state, ProfilerState.FAILED), read(profiler::stats, noStats));
  }

  /**
   * Returns whether no session has started yet. Until then, the profiler does not have the bean's
   * default options.
   */
  private boolean beforeFirstSession() {
    return figures().stats().counters().sessionsStarted() == 0;
  }

  private static ProfilerStats noStats(ProfilerConfig defaults) {
    return ProfilerStats.none(
        new ProfilerStats.Setup(
            defaults.intervalNanos(), Profiler.memoryLimitBytes(defaults), "", ""));
  }

  /**
   * Reads an attribute; returns a default if reading throws. If one attribute throws, and in
   * particular if it throws an Error, a client can lose all values of a request for several
   * attributes. The profiler's getters promise not to throw. This method covers the cases in which
   * they cannot keep the promise, for instance when the heap is exhausted.
   */
  private static <T> T read(Supplier<T> source, T otherwise) {
    try {
      T value = source.get();
      return value == null ? otherwise : value;
    } catch (Throwable t) {
      return otherwise;
    }
  }

  private static double finite(double value) {
    return Double.isFinite(value) ? value : 0;
  }

  // Operations

  @Override
  public long start() {
    return PlainErrors.call(() -> profiler.start(defaults));
  }

  @Override
  public long startWith(String options) {
    return PlainErrors.call(() -> profiler.start(ProfilerConfig.parse(options, defaults)));
  }

  @Override
  public String stop() {
    return PlainErrors.call(() -> Notifications.line(profiler.stop()));
  }

  @Override
  public String report() {
    return reportOf("");
  }

  @Override
  public String reportOf(String range) {
    return PlainErrors.call(() -> texts.report(source(range)));
  }

  @Override
  public String collapsed(int maxStacks) {
    return collapsedOf("", maxStacks);
  }

  @Override
  public String collapsedOf(String range, int maxStacks) {
    return PlainErrors.call(
        () -> {
          if (maxStacks < 0) {
            throw new IllegalArgumentException(
                "maxStacks=" + maxStacks + ": valid: 1 or more, or 0 for all");
          }
          return texts.collapsed(source(range), maxStacks);
        });
  }

  @Override
  public String collapsedDifference(String before, String after) {
    return PlainErrors.call(
        () -> {
          Pair pair = pair(before, after);
          return texts.collapsedDifference(pair.before(), pair.after());
        });
  }

  @Override
  public String flameGraph() {
    return flameGraphOf("");
  }

  @Override
  public String flameGraphOf(String range) {
    return PlainErrors.call(() -> texts.flameGraph(source(range)));
  }

  @Override
  public String flameGraphDifference(String before, String after) {
    return PlainErrors.call(
        () -> {
          Pair pair = pair(before, after);
          return texts.flameGraphDifference(pair.before(), pair.after());
        });
  }

  @Override
  public String windows() {
    return PlainErrors.call(() -> WindowList.of(profiler.windows()));
  }

  @Override
  public String dumpToFile(String fileName) throws IOException {
    return dumpToFileOf(fileName, "");
  }

  @Override
  public String dumpToFileOf(String fileName, String range) throws IOException {
    return PlainErrors.callIo(
        () -> {
          OutputDirectory.check(fileName);
          Supplier<Profile> source = source(range);
          return texts.inTurn(
              () -> {
                Profile profile = source.get();
                texts.requireExport(profile);
                Export export = new Export(profile, ExportFormat.ofFileName(fileName));
                return output.write(fileName, export::writeTo).toString();
              });
        });
  }

  @Override
  public String dumpDifferenceToFile(String fileName, String before, String after)
      throws IOException {
    return PlainErrors.callIo(
        () -> {
          OutputDirectory.check(fileName);
          ExportFormat format = ExportFormat.ofFileName(fileName).forDifference();
          Pair pair = pair(before, after);
          return texts.inTurn(
              () -> output.write(fileName, difference(pair, format)::writeTo).toString());
        });
  }

  @Override
  public long openStream(String format) {
    return openStreamOf(format, "");
  }

  @Override
  public long openStreamOf(String format, String range) {
    return PlainErrors.call(
        () -> {
          ExportFormat known = ExportFormat.ofKey(StringUtils.defaultString(format));
          Profile profile = source(range).get();
          texts.requireExport(profile);
          return streams.open(new Export(profile, known));
        });
  }

  @Override
  public long openDifferenceStream(String format, String before, String after) {
    return PlainErrors.call(
        () -> {
          ExportFormat known = ExportFormat.ofKey(StringUtils.defaultString(format));
          return streams.open(difference(pair(before, after), known.forDifference()));
        });
  }

  /**
   * Returns the source of the profile of a range of time. The range is checked now. The profile is
   * taken when the source is called.
   */
  private Supplier<Profile> source(String range) {
    TimeRange wanted = TimeRange.parse(range, System.currentTimeMillis());
    return () -> profiler.profile(wanted);
  }

  @Override
  public byte[] readStream(long id) throws IOException {
    return PlainErrors.callIo(() -> streams.read(id));
  }

  @Override
  public void closeStream(long id) {
    streams.close(id);
  }

  /**
   * Returns the sources of the profiles of two ranges of time. If the ranges are equal, both
   * sources return the same profile. Two separate profiles would differ by the samples that arrive
   * in between.
   */
  private Pair pair(String before, String after) {
    long now = System.currentTimeMillis();
    TimeRange first = TimeRange.parse(before, now);
    TimeRange second = TimeRange.parse(after, now);
    Supplier<Profile> ofFirst = once(() -> profiler.profile(first));
    return new Pair(ofFirst, second.equals(first) ? ofFirst : once(() -> profiler.profile(second)));
  }

  /**
   * Takes two profiles, and returns the export of their difference.
   *
   * @throws IllegalStateException if the heap has no room for the comparison
   */
  private Export difference(Pair pair, ExportFormat format) {
    Profile before = pair.before().get();
    Profile after = pair.after().get();
    texts.requireComparison(before, after);
    return Export.ofDifference(before, after, format);
  }

  /** The sources of two profiles to compare. */
  private record Pair(Supplier<Profile> before, Supplier<Profile> after) {}

  /** Returns a source that calls another source only once, and then repeats its result. */
  private static Supplier<Profile> once(Supplier<Profile> source) {
    Profile[] taken = {null};
    return () -> {
      taken[0] = taken[0] == null ? source.get() : taken[0];
      return taken[0];
    };
  }

  // Metadata

  /** Keeps the metadata with the units of the attributes, for {@link #getMBeanInfo}. */
  @Override
  protected void cacheMBeanInfo(MBeanInfo info) {
    super.cacheMBeanInfo(info == null ? null : Units.added(info));
  }

  /** Returns the metadata that was kept. The superclass returns what it had before keeping it. */
  @Override
  public MBeanInfo getMBeanInfo() {
    MBeanInfo made = super.getMBeanInfo();
    MBeanInfo kept = getCachedMBeanInfo();
    return kept == null ? made : kept;
  }

  @Override
  protected String getDescription(MBeanInfo info) {
    return Descriptions.BEAN;
  }

  @Override
  protected String getDescription(MBeanAttributeInfo info) {
    return Descriptions.attribute(info.getName()).description();
  }

  @Override
  protected String getDescription(MBeanOperationInfo info) {
    return Descriptions.operation(info.getName()).text();
  }

  @Override
  protected String getDescription(
      MBeanOperationInfo operation, MBeanParameterInfo parameter, int sequence) {
    return Descriptions.operation(operation.getName()).parameter(sequence).text();
  }

  @Override
  protected String getParameterName(
      MBeanOperationInfo operation, MBeanParameterInfo parameter, int sequence) {
    return Descriptions.operation(operation.getName()).parameter(sequence).name();
  }

  @Override
  protected int getImpact(MBeanOperationInfo info) {
    return Descriptions.operation(info.getName()).impact();
  }
}
