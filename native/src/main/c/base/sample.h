/*
 * The format of a record in the ring (ring.h). The reader is the profiler's collector, which is
 * Java code. Each type below says who writes it. The header's fields have several meanings: the
 * diagram has those of a SAMPLE, and struct spprof_record names those of the other types.
 *
 * Records are 16-byte aligned. `length` is the record's size in bytes, header included. The writer
 * stores it last, with release order; until then it is 0. A reader that loads it with acquire order
 * sees all other fields.
 *
 *    0        4      5       6       8        12      16        24       32
 *   +--------+------+-------+-------+--------+-------+---------+--------+--------------------
 *   | length | type | flags | walk  | thread | words | time_ns | cpu_ns | the stack
 *   | i32    | u8   | u8    | i16   | u32    | u32   | u64     | u64    | words, 8 bytes each
 *   +--------+------+-------+-------+--------+-------+---------+--------+--------------------
 *
 *   SAMPLE
 *     `words` words of 8 bytes follow (SPPROF_WORD_*): the stack, its leaf (the running method)
 *     first. `walk` is 1 if the stack was walked to its end. Other numbers give the reason why the
 *     stack was not walked, or where the walk ended (SPPROF_WALK_*). Written by the handler, and
 *     by a thread that ends (thread_hooks.h).
 *
 *   THREAD
 *     `name_bytes` bytes follow, the thread's name in modified UTF-8. `system_id` is the number
 *     that the system gave to the thread, and `java_id` the number of its java.lang.Thread; either
 *     is 0 if it is not known. All three apply to the thread's samples before this record, back to
 *     the thread's previous THREAD record. Written by whichever thread looks for the names of
 *     sampled threads (thread_name.h).
 *
 *   METHOD
 *     `method` is the method's number within the session. `name_bytes` bytes follow: the method's
 *     name in modified UTF-8, for instance java/util/HashMap.get. Then, aligned to 4 bytes,
 *     `line_count` pairs of 4 bytes each follow: byte code index << 16 | line number. The record
 *     precedes, in the ring, the first sample that uses the number. If the walker's tables have no
 *     room for a method, its number has the bit SPPROF_TRANSIENT, and only the sample that the same
 *     run of the handler writes next uses it. A name in brackets is no method's: the frame is
 *     [unknown native code], or the subject of a BROKEN_AT word. A name that begins with [C1], [C1
 *     OSR], [C2] or [C2 OSR] and a blank is that of a compilation: the method's name follows, and
 *     line_count is 0 (compile_task.h). Written by the handler.
 *
 *   TIMES
 *     CPU time of a thread by the kernel's account, in user code and in the kernel, that no earlier
 *     TIMES record of the thread contains (kernel_times.h).
 *
 *   LIBRARY
 *     `library` is the number of a library with native code. `id_bytes` bytes follow, the build id
 *     of its file, and then `name_bytes` bytes, the path under which it was loaded. The path is
 *     empty for the process's own program, and [vdso] for the kernel's code. `address` is the load
 *     bias: what is added to an address in the file to get the address in memory. The record
 *     precedes the first FUNCTION that uses the number (library_numbers.h). Written by the handler.
 *
 *   FUNCTION
 *     `method` is a number like that of a METHOD, for a function of native code. `in_library` is
 *     the number of its library, and `address` the address of its first instruction in the
 *     library's file. If the file does not say where the function begins, `address` is the address
 *     of the instruction that was found on the stack. Written by the handler.
 *
 *   FORGET
 *     All numbers of methods, libraries and locations (words of a stack, below) become invalid. The
 *     walker restarts its numbering after this record, and names of threads are written again. Only
 *     `length` and `type` are set. Written when the walker's tables are emptied, with no handler in
 *     flight.
 *
 *   PADDING
 *     Fills the ring up to its end. Only `length` and `type` are set. Written by whoever reserves a
 *     record for which the room up to the end is too small.
 *
 * Java repeats the numbers of this file: io.spprof.sampler.SampleLayout has them, and a test
 * compares the two.
 */
#ifndef SPPROF_SAMPLE_H
#define SPPROF_SAMPLE_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SPPROF_RECORD_SAMPLE = 1,
    SPPROF_RECORD_THREAD = 2,
    SPPROF_RECORD_PADDING = 3,
    SPPROF_RECORD_METHOD = 4,
    SPPROF_RECORD_FORGET = 5,
    SPPROF_RECORD_LIBRARY = 6,
    SPPROF_RECORD_FUNCTION = 7,
    SPPROF_RECORD_TIMES = 8,
};

enum {
    SPPROF_FLAG_TRUNCATED = 1, /* the stack goes on above the last frame */
    SPPROF_FLAG_NATIVE = 2,    /* not a Java thread (GC, JIT, VM, native library) */
};

/* The state of a Java thread, in three bits of the flags; 0 where the walker does not report it. */
enum {
    SPPROF_STATE_IN_JAVA = 1,
    SPPROF_STATE_IN_NATIVE = 2, /* in a native method, or in a system call below one */
    SPPROF_STATE_IN_VM = 3,     /* in the JVM's own code, called by Java code */
    SPPROF_STATE_OTHER = 4,     /* about to block, starting, or ending */
};
#define SPPROF_STATE_SHIFT 2

/*
 * The words of a stack. The highest byte is the word's kind:
 *
 *   FRAME     | 1 | 0 | bci + SPPROF_BCI_BIAS: 20 bits in 32..51 | number of a method: 32 bits |
 *   LOCATION  | 2 | 0                                            | number: 32 bits             |
 *   DEFINE    | 3 | 0 | count: 16 bits in 32..47                 | number: 32 bits             |
 *   ID_FRAME  | 4 | 0 | bci + SPPROF_BCI_BIAS: 20 bits in 32..51 | 0                           |
 *   BROKEN_AT | 5 | 0                                            | number of a METHOD: 32 bits |
 *   CALL      | 6 | 0                                            | system call + 1: 32 bits    |
 *
 * The method of a FRAME is the subject of a METHOD or of a FUNCTION. The bci of a FUNCTION's frame
 * is -1. Frames of native code come before all others.
 *
 * CALL can be the first word of a stack: the thread was in a system call. The word holds the call's
 * number, as the kernel counts the calls on this processor, plus 1; 0 if the number is not known
 * (walk/cpu/cpu.h).
 *
 * A location is an address in compiled code. DEFINE assigns the `count` FRAMEs that follow to the
 * location `number`, in this sample and wherever a later LOCATION refers to that number. No
 * LOCATION refers to number 0.
 *
 * The word after ID_FRAME is the JVM's id of the method (jmethodID), or 0 if the method has none.
 *
 * BROKEN_AT can be the last word of a stack whose walk failed. Its METHOD's name is the code at
 * which the walk stood, for instance [at StubRoutines (final stubs)+0x12] (broken_at.h).
 *
 * The walker that calls AsyncGetCallTrace writes ID_FRAME, and the walker `vm` writes the other
 * kinds.
 */
enum {
    SPPROF_WORD_FRAME = 1,
    SPPROF_WORD_LOCATION = 2,
    SPPROF_WORD_DEFINE = 3,
    SPPROF_WORD_ID_FRAME = 4,
    SPPROF_WORD_BROKEN_AT = 5,
    SPPROF_WORD_CALL = 6,
};
#define SPPROF_WORD_KIND_SHIFT 56
#define SPPROF_WORD_SHIFT 32 /* of bci and count */
#define SPPROF_BCI_BIAS 16
#define SPPROF_FRAME_WORDS 2   /* the most words of a frame: FRAME and DEFINE, or ID_FRAME and id */
#define SPPROF_BCI_NATIVE (-3) /* AsyncGetCallTrace's number for a native method */

/* Values of `walk`, besides the codes of AsyncGetCallTrace, which are 0 to -10. */
enum {
    SPPROF_WALK_OK = 1,
    SPPROF_WALK_NO_JAVA_FRAME = 0,    /* AsyncGetCallTrace's code for a stack without Java frames */
    SPPROF_WALK_NATIVE_THREAD = -100, /* the thread has no Java stack */
    SPPROF_WALK_THREAD_EXIT = -101,   /* CPU time that was due or signalled as the thread ended */
    SPPROF_WALK_VIRTUAL = 2,          /* walked to where the carrier thread's stack begins */
    SPPROF_WALK_FROZEN = 3, /* as VIRTUAL, but some callers are still in the heap, off the stack */
    /* The walk failed. The sample has the frames up to the one at which it failed, because of: */
    SPPROF_WALK_BROKEN_STACK = -200,       /* an address outside of the thread's stack */
    SPPROF_WALK_BROKEN_CODE = -201,        /* a return address outside of Java code */
    SPPROF_WALK_BROKEN_METHOD = -202,      /* a compiled method whose caller was not found */
    SPPROF_WALK_BROKEN_STUB = -203,        /* a stub whose caller was not found */
    SPPROF_WALK_BROKEN_INTERPRETER = -204, /* no valid interpreter frame where one is expected */
    SPPROF_WALK_BROKEN_ENTRY = -205,       /* no valid frame of a call from native code */
    SPPROF_WALK_BROKEN_NATIVE = -206,      /* native code without call frame information */
    SPPROF_WALK_BROKEN_SCOPES = -207,      /* invalid debug information */
    SPPROF_WALK_BROKEN_DEOPT = -208,       /* frames that are being rebuilt by deoptimization */
};

/*
 * A flag in the number of a method that the walker does not remember. Other numbers count from 1.
 */
#define SPPROF_TRANSIENT UINT32_C(0x80000000)

#define SPPROF_RECORD_ALIGN 16u
#define SPPROF_MAX_DEPTH 2048
#define SPPROF_MAX_NAME 256         /* bytes kept of a thread's name */
#define SPPROF_MAX_METHOD_NAME 4096 /* bytes kept of a class's and of a method's name, each */
#define SPPROF_MAX_BUILD_ID 32      /* bytes; longer ones are ignored */

struct spprof_record {
    int32_t length;
    uint8_t type;
    uint8_t flags;
    int16_t walk;
    union {
        uint32_t thread; /* SAMPLE, THREAD, TIMES: serial number of the thread within the session */
        uint32_t method; /* METHOD, FUNCTION: number of the method within the session */
        uint32_t library; /* LIBRARY: number of the library within the session */
    };
    union {
        uint32_t words;      /* SAMPLE */
        uint32_t name_bytes; /* THREAD, METHOD, LIBRARY */
        uint32_t in_library; /* FUNCTION */
    };
    union {
        uint64_t time_ns;   /* SAMPLE: CLOCK_MONOTONIC */
        uint64_t user_ns;   /* TIMES */
        uint64_t system_id; /* THREAD */
        uint64_t address;   /* LIBRARY, FUNCTION */
    };
    union {
        uint64_t cpu_ns; /* SAMPLE: CPU time that it stands for, ns: (1 + overruns) x interval */
        uint64_t line_count; /* METHOD: pairs of a byte code index and a line */
        uint64_t id_bytes;   /* LIBRARY */
        uint64_t system_ns;  /* TIMES */
        uint64_t java_id;    /* THREAD */
    };
};

static_assert(sizeof(struct spprof_record) == 32, "the header is 32 bytes");
static_assert(offsetof(struct spprof_record, time_ns) == 16, "no hole before the time");
static_assert(offsetof(struct spprof_record, line_count) == 24, "no hole before the last field");

/* Returns the offset of a METHOD's pairs in its payload, bytes. */
static inline uint32_t spprof_lines_at(uint32_t name_bytes) {
    return (name_bytes + 3) & ~UINT32_C(3);
}

static inline uint64_t spprof_frame_word(uint64_t kind, int32_t bci, uint32_t number) {
    return kind << SPPROF_WORD_KIND_SHIFT |
           (uint64_t)((uint32_t)(bci + SPPROF_BCI_BIAS) & 0xfffff) << SPPROF_WORD_SHIFT | number;
}

/* Returns the size in bytes of a record with `payload` bytes after its header. */
static inline uint32_t spprof_record_size(uint32_t payload) {
    uint32_t size = (uint32_t)sizeof(struct spprof_record) + payload;
    return (size + SPPROF_RECORD_ALIGN - 1) & ~(SPPROF_RECORD_ALIGN - 1);
}

#endif
