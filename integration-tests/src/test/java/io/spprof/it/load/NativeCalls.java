package io.spprof.it.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.Pipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SplittableRandom;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * A load that spends its time in native methods: zlib, system calls on a pipe and on device files,
 * file look-ups.
 */
public final class NativeCalls {

  private static final int SIZE = 30_000;

  private NativeCalls() {}

  /** The files and buffers of one thread. */
  private static final class Work {
    private final byte[] plain = new byte[SIZE];
    private final byte[] packed = new byte[2 * SIZE];
    private final ByteBuffer direct = ByteBuffer.allocateDirect(SIZE);
    private final ByteBuffer heap = ByteBuffer.allocate(SIZE);
    private final Pipe pipe;
    private final FileChannel zero;
    private final FileChannel nowhere;

    Work() throws IOException {
      pipe = Pipe.open();
      zero = FileChannel.open(Path.of("/dev/zero"));
      nowhere = FileChannel.open(Path.of("/dev/null"), StandardOpenOption.WRITE);
    }

    long zip(SplittableRandom random) throws DataFormatException {
      for (int i = 0; i < SIZE; i++) {
        plain[i] = (byte) (i % 100 == 0 ? random.nextInt() : i % 7);
      }
      Deflater deflater = new Deflater(random.nextInt(1, 7));
      deflater.setInput(plain);
      deflater.finish();
      int length = deflater.deflate(packed);
      deflater.end();
      Inflater inflater = new Inflater();
      inflater.setInput(packed, 0, length);
      long sum = inflater.inflate(plain);
      inflater.end();
      CRC32 crc = new CRC32();
      crc.update(direct.clear());
      crc.update(plain);
      return sum + crc.getValue();
    }

    long channels() throws IOException {
      long sum = 0;
      for (int i = 0; i < 20; i++) {
        for (ByteBuffer buffer : new ByteBuffer[] {direct, heap}) {
          buffer.clear();
          sum += zero.read(buffer);
          sum += nowhere.write(buffer.flip());
          pipe.sink().write(buffer.clear().limit(4_000));
          sum += pipe.source().read(buffer.clear().limit(4_000));
        }
      }
      return sum;
    }
  }

  /** Takes no arguments. */
  public static void main(String[] args) throws IOException {
    ThreadLocal<Work> works = ThreadLocal.withInitial(NativeCalls::newWork);
    Loads.serve(random -> works.get().zip(random) + works.get().channels() + lookUp(random));
  }

  private static Work newWork() {
    try {
      return new Work();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static long lookUp(SplittableRandom random) throws Exception {
    long sum = 0;
    for (int i = 0; i < 20; i++) {
      Path path = Path.of("/proc/self/" + (random.nextBoolean() ? "stat" : "none"));
      sum += path.toFile().exists() ? Files.size(path) : 0;
      sum += Class.forName("java.lang.String").getModifiers();
      sum += (long) StrictMath.sin(i) + Class.forName("[I").getName().intern().length();
    }
    return sum;
  }
}
