# A shared library that is loaded into a JVM: it needs the C library alone, and stays once loaded, since the JVM
# may still hold its addresses when the one who loaded it lets it go.
function(rondo_self_contained target)
    if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
        target_link_options(${target} PRIVATE
            -static-libgcc LINKER:--as-needed LINKER:-z,defs LINKER:-z,nodelete)
    endif()
endfunction()
