package dev.rondo.bindings;

import static dev.rondo.bindings.dnnl.Dnnl.*;

import java.util.function.Supplier;

/// Turns oneDNN's status codes into exceptions.
public final class Status {
    private Status() {}

    /// Returns if the call succeeded.
    ///
    /// @param status     what the call returned
    /// @param function   the function's name
    /// @param descriptor what it was called for; only evaluated on failure
    /// @throws UnsupportedConfigurationException if nothing implements it here
    /// @throws OneDnnException                   for any other failure
    public static void check(int status, String function, Supplier<String> descriptor) {
        if (status == dnnl_success()) {
            return;
        }
        if (status == dnnl_unimplemented() || status == dnnl_last_impl_reached()) {
            throw new UnsupportedConfigurationException(status, function, descriptor.get());
        }
        throw new OneDnnException(status, function, descriptor.get());
    }

    static String name(int status) {
        if (status == dnnl_out_of_memory()) {
            return "out of memory";
        } else if (status == dnnl_invalid_arguments()) {
            return "invalid arguments";
        } else if (status == dnnl_unimplemented()) {
            return "unimplemented";
        } else if (status == dnnl_last_impl_reached()) {
            return "last implementation reached";
        } else if (status == dnnl_runtime_error()) {
            return "runtime error";
        }
        return "status " + status;
    }
}
