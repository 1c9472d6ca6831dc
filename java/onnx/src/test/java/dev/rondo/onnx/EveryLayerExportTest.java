package dev.rondo.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.nn.Linear;
import dev.rondo.nn.Module;
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The tests of writing, all together, write every layer that there is.
class EveryLayerExportTest {
    /// What no network there has would be a layer that nobody has tried to write.
    @Test
    void triesEveryLayer() throws ReflectiveOperationException, IOException, URISyntaxException {
        Set<Class<?>> tried = Stream.of(
                        ExportTest.chains(),
                        ArchitecturesExportTest.nets(),
                        Seq2SeqExportTest.nets(),
                        TreesExportTest.nets())
                .flatMap(List::stream)
                .flatMap(net -> net.parts().stream())
                .map(Object::getClass)
                .collect(Collectors.toSet());
        Set<Class<?>> layers = new HashSet<>();
        for (Class<?> type : classesBeside(Module.class)) {
            if (Module.class.isAssignableFrom(type) && !Modifier.isAbstract(type.getModifiers())) {
                layers.add(type);
            }
        }
        assertTrue(layers.contains(Linear.class), "finds layers: " + layers);
        assertEquals(layers, tried);
    }

    /// The public classes of a class's package, from where it was loaded itself.
    private static List<Class<?>> classesBeside(Class<?> one)
            throws ReflectiveOperationException, IOException, URISyntaxException {
        Path source =
                Path.of(one.getProtectionDomain().getCodeSource().getLocation().toURI());
        String folder = one.getPackageName().replace('.', '/');
        List<Class<?>> classes = new ArrayList<>();
        try (FileSystem jar = Files.isDirectory(source) ? null : FileSystems.newFileSystem(source);
                Stream<Path> files = Files.list(jar == null ? source.resolve(folder) : jar.getPath(folder))) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (name.endsWith(".class") && !name.contains("-")) {
                    Class<?> type = Class.forName(one.getPackageName() + "." + name.replace(".class", ""));
                    if (Modifier.isPublic(type.getModifiers())) {
                        classes.add(type);
                    }
                }
            }
        }
        return classes;
    }
}
