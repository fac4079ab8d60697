#include "jvm/symbols.h"

#include <stdlib.h>
#include <string.h>

#include "jvm/jvmti_env.h"

static void deallocate(jvmtiEnv *jvmti, void *memory) {
    (*jvmti)->Deallocate(jvmti, memory);
}

void spprof_symbols_allocate_ids_of(jvmtiEnv *jvmti, jclass type) {
    jint count;
    jmethodID *methods;
    if ((*jvmti)->GetClassMethods(jvmti, type, &count, &methods) == JVMTI_ERROR_NONE) {
        deallocate(jvmti, methods);
    }
}

void spprof_symbols_allocate_ids(JNIEnv *jni) {
    jvmtiEnv *jvmti = spprof_jvmti();
    jint count;
    jclass *classes;
    if ((*jvmti)->GetLoadedClasses(jvmti, &count, &classes) != JVMTI_ERROR_NONE) {
        return;
    }
    for (jint i = 0; i < count; i++) {
        spprof_symbols_allocate_ids_of(jvmti, classes[i]);
        (*jni)->DeleteLocalRef(jni, classes[i]);
    }
    deallocate(jvmti, classes);
}

/* Joins "Ljava/util/HashMap;" and "get" to "java.util.HashMap.get". */
static jstring join(JNIEnv *jni, const char *signature, const char *method) {
    size_t length = strlen(signature);
    char *name = malloc(length + strlen(method) + 2);
    if (name == NULL || length < 3) {
        free(name);
        return NULL;
    }
    length -= 2; /* without the L and the semicolon */
    for (size_t i = 0; i < length; i++) {
        char c = signature[i + 1];
        /*
         * Only the signature of a hidden class contains a dot. Class.getName shows a slash there.
         */
        name[i] = c == '/' ? '.' : c == '.' ? '/' : c;
    }
    name[length] = '.';
    strcpy(name + length + 1, method);
    jstring result = (*jni)->NewStringUTF(jni, name);
    free(name);
    return result;
}

jstring spprof_symbols_name(JNIEnv *jni, uint64_t id) {
    jvmtiEnv *jvmti = spprof_jvmti();
    jmethodID method = (jmethodID)(uintptr_t)id;
    jclass type;
    char *name, *signature;
    jstring result = NULL;
    if (method == NULL ||
        (*jvmti)->GetMethodDeclaringClass(jvmti, method, &type) != JVMTI_ERROR_NONE) {
        return NULL;
    }
    if ((*jvmti)->GetMethodName(jvmti, method, &name, NULL, NULL) == JVMTI_ERROR_NONE) {
        if ((*jvmti)->GetClassSignature(jvmti, type, &signature, NULL) == JVMTI_ERROR_NONE) {
            result = join(jni, signature, name);
            deallocate(jvmti, signature);
        }
        deallocate(jvmti, name);
    }
    (*jni)->DeleteLocalRef(jni, type);
    return result;
}

jintArray spprof_symbols_lines(JNIEnv *jni, uint64_t id) {
    jvmtiEnv *jvmti = spprof_jvmti();
    jint count;
    jvmtiLineNumberEntry *entries;
    if (id == 0 || (*jvmti)->GetLineNumberTable(jvmti, (jmethodID)(uintptr_t)id, &count,
                                                &entries) != JVMTI_ERROR_NONE) {
        return NULL;
    }
    jintArray lines = (*jni)->NewIntArray(jni, count);
    for (jint i = 0; lines != NULL && i < count; i++) {
        jint pair = (jint)((uint32_t)entries[i].start_location << 16 |
                           ((uint32_t)entries[i].line_number & 0xffff));
        (*jni)->SetIntArrayRegion(jni, lines, i, 1, &pair);
    }
    deallocate(jvmti, entries);
    return lines;
}
