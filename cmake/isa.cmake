# The kernels are compiled once for each instruction set; the library picks one when it is loaded.
set(RONDO_ISAS generic)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
    list(APPEND RONDO_ISAS avx2 avx512)
endif()

set(RONDO_ISA_OPTIONS_generic "")
set(RONDO_ISA_OPTIONS_avx2 -mavx2 -mfma)
set(RONDO_ISA_OPTIONS_avx512 ${RONDO_ISA_OPTIONS_avx2} -mavx512f -mavx512bw -mavx512dq -mavx512vl
    -mprefer-vector-width=512)

# Adds the sources to the target, compiled for each instruction set in a namespace of its own.
function(rondo_add_kernels target)
    foreach(isa IN LISTS RONDO_ISAS)
        add_library(${target}_${isa} OBJECT ${ARGN})
        target_compile_definitions(${target}_${isa} PRIVATE RONDO_ISA=${isa})
        target_compile_options(${target}_${isa} PRIVATE ${RONDO_ISA_OPTIONS_${isa}})
        target_link_libraries(${target}_${isa} PRIVATE ${target}_common)
        target_sources(${target} PRIVATE $<TARGET_OBJECTS:${target}_${isa}>)
    endforeach()
endfunction()
