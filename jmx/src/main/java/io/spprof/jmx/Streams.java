package io.spprof.jmx;

import io.spprof.export.Export;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.apache.commons.lang3.StringUtils;

/**
 * The profiles that clients are reading block by block. A stream shows the profile of the moment at
 * which the stream was opened; later samples do not change it. The text is made while the client
 * reads, so it never exists as a whole. At most {@link #MOST} streams can be open. A stream that
 * nobody reads for a minute is closed by a thread. This thread exists only while a stream is open.
 *
 * <p>The ids of streams count from 1 and are not used again. A client that closes a stream twice,
 * or too late, therefore never closes another client's stream. Several threads may use an object of
 * this class. If two threads read the same stream, they get different blocks.
 */
final class Streams implements AutoCloseable {

  /** The maximum number of open streams. */
  static final int MOST = 4;

  /** The size of a block in bytes; only the last block may be shorter. */
  static final int BLOCK_BYTES = 256 << 10;

  /** The name of the thread that closes unread streams. */
  static final String THREAD_NAME = "spprof-streams";

  private static final long IDLE_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** One open stream. A read holds the stream's own lock, so that it delays no other stream. */
  private static final class Stream {
    private final Export export;
    private boolean reading; // guarded by the Streams
    private long idleSince; // guarded by the Streams

    Stream(Export export) {
      this.export = export;
    }

    synchronized byte[] read() throws IOException {
      return export.read(BLOCK_BYTES);
    }
  }

  private final long idleNanos;
  private final Map<Long, Stream> open = new TreeMap<>();
  private long lastId;
  private boolean closed;
  private Thread closer; // null while there is no thread

  Streams() {
    this(IDLE_NANOS);
  }

  /** For tests, with a shorter time limit. */
  Streams(long idleNanos) {
    this.idleNanos = idleNanos;
  }

  /**
   * Opens a stream.
   *
   * @param export what the stream delivers; nothing of it was read yet
   * @return the stream's id
   * @throws IllegalStateException if too many streams are open, or if this object is closed
   */
  synchronized long open(Export export) {
    if (closed) {
      throw new IllegalStateException("the profiler is closed; no stream can be opened any more");
    }
    if (open.size() >= MOST) {
      throw new IllegalStateException(
          MOST
              + " streams are open, which is the most (ids "
              + StringUtils.join(open.keySet(), ", ")
              + "); read one to its end, close one with closeStream, or wait: one that is not read"
              + " for "
              + TimeUnit.NANOSECONDS.toSeconds(idleNanos)
              + " s is closed");
    }
    Stream stream = new Stream(export);
    stream.idleSince = System.nanoTime();
    open.put(++lastId, stream);
    if (closer == null) {
      closer = new Thread(null, this::closeIdle, THREAD_NAME, 0, false);
      closer.setDaemon(true);
      closer.setContextClassLoader(null);
      closer.start();
    }
    return lastId;
  }

  /**
   * Reads the next block of a stream. At the end of the stream, and after a failure, closes the
   * stream.
   *
   * @return the block; null at the end of the stream
   * @throws IllegalArgumentException if no stream with this id is open
   */
  byte[] read(long id) throws IOException {
    Stream stream;
    synchronized (this) {
      stream = open.get(id);
      if (stream == null) {
        throw new IllegalArgumentException(
            "stream "
                + id
                + " is not open: it was read to its end, closed, or not read for "
                + TimeUnit.NANOSECONDS.toSeconds(idleNanos)
                + " s; openStream(format) opens another");
      }
      stream.reading = true;
    }
    byte[] block = {};
    try {
      block = stream.read();
    } finally {
      synchronized (this) {
        stream.reading = false;
        stream.idleSince = System.nanoTime();
        if (block.length == 0) {
          close(id); // Also after a failure, because a stream cannot go on after one.
        }
      }
    }
    return block.length == 0 ? null : block;
  }

  /** Closes a stream. Does nothing if the stream is already closed. */
  synchronized void close(long id) {
    open.remove(id);
    notifyAll();
  }

  /** Closes all streams, and waits until the thread has ended. */
  @Override
  public void close() {
    Thread ending;
    synchronized (this) {
      closed = true;
      open.clear();
      ending = closer;
      notifyAll();
    }
    if (ending != null && ending != Thread.currentThread()) {
      join(ending);
    }
  }

  private static void join(Thread ending) {
    boolean interrupted = false;
    while (ending.isAlive()) {
      try {
        ending.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Closes streams that nobody reads, until no stream is open. This is the work of the thread. */
  private synchronized void closeIdle() {
    try {
      while (!open.isEmpty()) {
        long now = System.nanoTime();
        open.values().removeIf(stream -> !stream.reading && now - stream.idleSince >= idleNanos);
        long next = idleNanos;
        for (Stream stream : open.values()) {
          next = stream.reading ? next : Math.min(next, stream.idleSince + idleNanos - now);
        }
        if (!open.isEmpty()) {
          TimeUnit.NANOSECONDS.timedWait(this, Math.max(next, 1_000_000));
        }
      }
    } catch (InterruptedException e) {
      open.clear(); // An interrupt is unexpected. Without the thread, the streams would stay open
      // for ever.
    } finally {
      closer = null;
    }
  }
}
