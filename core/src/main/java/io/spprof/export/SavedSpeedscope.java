package io.spprof.export;

import io.spprof.profile.Profile;
import java.util.List;
import java.util.Map;

/** Reads a file for speedscope as {@link SpeedscopeExporter} writes it. */
final class SavedSpeedscope {

  private SavedSpeedscope() {}

  /**
   * Reads a file.
   *
   * @param text the whole file
   * @return a profile that has CPU time and no samples
   * @throws IllegalArgumentException if the file is not one of spprof; the message is the end of a
   *     sentence whose subject is the file
   * @throws RuntimeException of another class if the file is damaged
   */
  static Profile read(String text) {
    JsonObject file = JsonObject.parse(text);
    if (!"spprof".equals(file.value("exporter"))) {
      throw new IllegalArgumentException("is no file of spprof for speedscope");
    }
    ProfileBuilder builder = new ProfileBuilder();
    List<?> frames = (List<?>) ((Map<?, ?>) file.value("shared")).get("frames");
    int[] methods = new int[frames.size()];
    for (int i = 0; i < methods.length; i++) {
      methods[i] = builder.method((String) ((Map<?, ?>) frames.get(i)).get("name"));
    }
    List<?> profiles = file.list("profiles");
    Map<?, ?> all = (Map<?, ?>) profiles.get(0); // The others have the same stacks by thread.
    for (Object ofThread : profiles.subList(1, profiles.size())) {
      add((Map<?, ?>) ofThread, methods, builder);
    }
    Profile profile = builder.profile();
    if (profile.totalCpuNanos() != (Long) all.get("endValue")) {
      throw new IllegalArgumentException("is damaged: CPU time is missing");
    }
    return profile;
  }

  private static void add(Map<?, ?> profile, int[] methods, ProfileBuilder builder) {
    int thread = builder.thread((String) profile.get("name"));
    List<?> stacks = (List<?>) profile.get("samples");
    List<?> weights = (List<?>) profile.get("weights");
    for (int i = 0; i < stacks.size(); i++) {
      int[] path =
          ((List<?>) stacks.get(i))
              .stream().mapToInt(frame -> methods[Math.toIntExact((Long) frame)]).toArray();
      builder.addRow(builder.addStack(path, path.length), thread, 0, (Long) weights.get(i));
    }
  }
}
