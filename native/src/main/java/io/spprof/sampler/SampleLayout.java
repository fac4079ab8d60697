package io.spprof.sampler;

/**
 * The memory layout and the numbers that the Java side and the native side share. The layout is the
 * offsets in the block of the ring and in the block of counters. Some of the numbers are codes, for
 * instance for engines and walkers; they stand in records, and in arguments and results of native
 * methods. Others are limits of what Java may ask for. All of them come from the headers that jni.c
 * includes. A test compares each constant with the value that the C compiler computes.
 */
final class SampleLayout {

  // The ring's block.
  static final int TAIL = 0;
  static final int HEAD = 128;
  static final int DATA = 256;
  static final int RECORD_ALIGN = 16;

  // Types of records.
  static final int TYPE_SAMPLE = 1;
  static final int TYPE_THREAD = 2;
  static final int TYPE_PADDING = 3;
  static final int TYPE_METHOD = 4;
  static final int TYPE_FORGET = 5;
  static final int TYPE_LIBRARY = 6;
  static final int TYPE_FUNCTION = 7;
  static final int TYPE_TIMES = 8;

  // Flags of a record, and results of a walk in addition to those of AsyncGetCallTrace.
  static final int FLAG_TRUNCATED = 1;
  static final int FLAG_NATIVE = 2;
  static final int STATE_SHIFT = 2;
  static final int STATE_IN_JAVA = 1;
  static final int STATE_IN_NATIVE = 2;
  static final int STATE_IN_VM = 3;
  static final int STATE_OTHER = 4;
  static final int WALK_OK = 1;
  static final int WALK_VIRTUAL = 2;
  static final int WALK_FROZEN = 3;
  static final int WALK_BROKEN_STACK = -200;
  static final int WALK_BROKEN_CODE = -201;
  static final int WALK_BROKEN_METHOD = -202;
  static final int WALK_BROKEN_STUB = -203;
  static final int WALK_BROKEN_INTERPRETER = -204;
  static final int WALK_BROKEN_ENTRY = -205;
  static final int WALK_BROKEN_NATIVE = -206;
  static final int WALK_BROKEN_SCOPES = -207;
  static final int WALK_BROKEN_DEOPT = -208;
  static final int WALK_NATIVE_THREAD = -100;
  static final int WALK_THREAD_EXIT = -101;

  // A record's header.
  static final int LENGTH = 0;
  static final int TYPE = 4;
  static final int FLAGS = 5;
  static final int WALK = 6;
  static final int THREAD = 8; // of a sample and of a thread's name
  static final int METHOD = 8; // of a method and of a function
  static final int LIBRARY = 8; // of a library
  static final int WORDS = 12; // of a sample
  static final int NAME_BYTES = 12; // of a thread's name, of a method and of a library
  static final int IN_LIBRARY = 12; // of a function
  static final int TIME_NANOS = 16; // of a sample
  static final int USER_NANOS = 16; // of a thread's times
  static final int SYSTEM_ID = 16; // of a thread's name
  static final int ADDRESS = 16; // of a library and of a function
  static final int CPU_NANOS = 24; // of a sample
  static final int LINE_COUNT = 24; // of a method
  static final int SYSTEM_NANOS = 24; // of a thread's times
  static final int JAVA_ID = 24; // of a thread's name
  static final int ID_BYTES = 24; // of a library
  static final int HEADER_SIZE = 32;

  // A stack word, one of the 8-byte words in which a record holds a stack.
  static final int WORD_FRAME = 1;
  static final int WORD_LOCATION = 2;
  static final int WORD_DEFINE = 3;
  static final int WORD_ID_FRAME = 4;
  static final int WORD_BROKEN_AT = 5;
  static final int WORD_CALL = 6;
  static final int WORD_KIND_SHIFT = 56;
  static final int WORD_SHIFT = 32;
  static final int BCI_BIAS = 16;
  static final int FRAME_WORDS = 2; // at most, for one frame
  static final int TRANSIENT = 0x80000000;

  // Numbers of choices, used in Engine, Walker, DebugInfo and ThreadStarts.
  static final int ENGINE_CTIMER = 0;
  static final int ENGINE_ITIMER = 1;
  static final int WALKER_AUTO = 0;
  static final int WALKER_VM = 1;
  static final int WALKER_AGCT = 2;
  static final int DEBUG_INFO_EXACT = 0;
  static final int DEBUG_INFO_SINCE_SESSION = 1;
  static final int DEBUG_INFO_SAFEPOINTS = 2;
  static final int STARTS_TIMED = 0;
  static final int STARTS_LATE = 1;
  static final int STARTS_UNHEARD = 2;

  // Results of calls, and limits of what Java may ask for.
  static final int FAILURE_SHIFT = 16; // a failure's step is above its error number
  static final int DELIVERY_REALTIME = 1;
  static final int MAX_DEPTH = 2048;
  static final int MAX_WALK_BUFFERS = 64;
  static final int TABLE_ENTRY_BYTES = 32; // of the walker's tables
  static final int METHOD_HINT_BYTES = 16; // more for each entry of the table of methods
  static final int SIGNAL = 27;

  // The counters.
  static final int SIGNALS = 0;
  static final int COMMITTED = 8;
  static final int DROPPED_CPU_NANOS = 16;
  static final int UNSIGNALLED_CPU_NANOS = 24;
  static final int UNSEEN_CPU_NANOS = 32;
  static final int TIMED_EVERY = 8; // one of so many handlers and hooks is measured
  static final int TIMED_HANDLER_NANOS = 40;
  static final int TIMED_WALK_NANOS = 48;
  static final int HOOKS = 56;
  static final int TIMED_HOOK_NANOS = 64;
  static final int THREADS_SAMPLED = 72;
  static final int THREADS_FAILED = 80;
  static final int USER_CPU_NANOS = 88;
  static final int SYSTEM_CPU_NANOS = 96;
  static final int CPU_WAIT_NANOS = 104;
  static final int CPU_WAIT_KNOWN = 112;
  static final int DROPPED = 120; // one counter for each reason of a handler, in their order
  static final int COUNTERS_SIZE = DROPPED + Long.BYTES * DropReason.OF_HANDLERS;

  private SampleLayout() {}

  /** Returns the constants above in the order of the layout in jni.c. */
  static int[] described() {
    return new int[] {
      TAIL,
      HEAD,
      DATA,
      RECORD_ALIGN,
      TYPE_SAMPLE,
      TYPE_THREAD,
      TYPE_PADDING,
      TYPE_METHOD,
      TYPE_FORGET,
      TYPE_LIBRARY,
      TYPE_FUNCTION,
      TYPE_TIMES,
      FLAG_TRUNCATED,
      FLAG_NATIVE,
      STATE_SHIFT,
      STATE_IN_JAVA,
      STATE_IN_NATIVE,
      STATE_IN_VM,
      STATE_OTHER,
      WALK_OK,
      WALK_VIRTUAL,
      WALK_FROZEN,
      WALK_BROKEN_STACK,
      WALK_BROKEN_CODE,
      WALK_BROKEN_METHOD,
      WALK_BROKEN_STUB,
      WALK_BROKEN_INTERPRETER,
      WALK_BROKEN_ENTRY,
      WALK_BROKEN_NATIVE,
      WALK_BROKEN_SCOPES,
      WALK_BROKEN_DEOPT,
      WALK_NATIVE_THREAD,
      WALK_THREAD_EXIT,
      LENGTH,
      TYPE,
      FLAGS,
      WALK,
      THREAD,
      METHOD,
      LIBRARY,
      WORDS,
      NAME_BYTES,
      IN_LIBRARY,
      TIME_NANOS,
      USER_NANOS,
      SYSTEM_ID,
      ADDRESS,
      CPU_NANOS,
      LINE_COUNT,
      SYSTEM_NANOS,
      JAVA_ID,
      ID_BYTES,
      HEADER_SIZE,
      WORD_FRAME,
      WORD_LOCATION,
      WORD_DEFINE,
      WORD_ID_FRAME,
      WORD_BROKEN_AT,
      WORD_CALL,
      WORD_KIND_SHIFT,
      WORD_SHIFT,
      BCI_BIAS,
      FRAME_WORDS,
      TRANSIENT,
      ENGINE_CTIMER,
      ENGINE_ITIMER,
      WALKER_AUTO,
      WALKER_VM,
      WALKER_AGCT,
      DEBUG_INFO_EXACT,
      DEBUG_INFO_SINCE_SESSION,
      DEBUG_INFO_SAFEPOINTS,
      STARTS_TIMED,
      STARTS_LATE,
      STARTS_UNHEARD,
      FAILURE_SHIFT,
      DELIVERY_REALTIME,
      MAX_DEPTH,
      MAX_WALK_BUFFERS,
      TABLE_ENTRY_BYTES,
      METHOD_HINT_BYTES,
      SIGNAL,
      SIGNALS,
      COMMITTED,
      DROPPED_CPU_NANOS,
      UNSIGNALLED_CPU_NANOS,
      UNSEEN_CPU_NANOS,
      TIMED_EVERY,
      TIMED_HANDLER_NANOS,
      TIMED_WALK_NANOS,
      HOOKS,
      TIMED_HOOK_NANOS,
      THREADS_SAMPLED,
      THREADS_FAILED,
      USER_CPU_NANOS,
      SYSTEM_CPU_NANOS,
      CPU_WAIT_NANOS,
      CPU_WAIT_KNOWN,
      DROPPED,
      COUNTERS_SIZE
    };
  }
}
