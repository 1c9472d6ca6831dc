package dev.rondo.bindings.linking;

import dev.rondo.bindings.dnnl.Dnnl;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;

/// Links the signatures of the functions that a first result takes, on a thread of its own while libraries are
/// looked for and opened. The linker spends some milliseconds of generating code on each signature, and keeps
/// what it has made: a third of the time to the first result would be spent on it.
///
/// A signature that is missing here is linked when it is called; one too many costs its milliseconds on another
/// processor.
public final class EarlyLinking {
    // What is returned, then the parameters, v for void: in the order of the first calls.
    private static final String[] SIGNATURES = {
        "i", // rondo_abi_version
        "ii", // dnnl_set_primitive_cache_capacity
        "ipil", // dnnl_engine_create
        "vi", // omp_set_num_threads
        "ipipip", // dnnl_memory_desc_create_with_strides
        "llll", // rondo_recurrent_packed_size
        "vplllip", // rondo_recurrent_pack_f32
        "ip", // the functions that destroy
        "ipi", // dnnl_primitive_attr_set_scratchpad_mode
        "ipppppp", // dnnl_reorder_primitive_desc_create
        "ippppppp", // dnnl_matmul_primitive_desc_create
        "ipp", // dnnl_primitive_create
        "ppii", // dnnl_primitive_desc_query_md
        "lp", // dnnl_memory_desc_get_size
        "ipppp", // dnnl_memory_create
        "ippip", // dnnl_primitive_execute
        "vp", // the kernels
    };

    private EarlyLinking() {}

    /// Starts the thread, where there is another processor for it.
    public static void start() {
        if (Runtime.getRuntime().availableProcessors() > 1) {
            Thread thread = new Thread(EarlyLinking::link, "rondo-linking");
            thread.setDaemon(true);
            thread.start();
        }
    }

    private static void link() {
        Linker linker = Linker.nativeLinker();
        for (String signature : SIGNATURES) {
            MemoryLayout[] parameters =
                    signature.chars().skip(1).mapToObj(EarlyLinking::layout).toArray(MemoryLayout[]::new);
            linker.downcallHandle(
                    signature.charAt(0) == 'v'
                            ? FunctionDescriptor.ofVoid(parameters)
                            : FunctionDescriptor.of(layout(signature.charAt(0)), parameters));
        }
    }

    private static MemoryLayout layout(int letter) {
        return switch (letter) {
            case 'i' -> Dnnl.C_INT;
            case 'l' -> Dnnl.C_LONG;
            case 'p' -> Dnnl.C_POINTER;
            default -> throw new IllegalArgumentException("no type is called " + (char) letter);
        };
    }
}
