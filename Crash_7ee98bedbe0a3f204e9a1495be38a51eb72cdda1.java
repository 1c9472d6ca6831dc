import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;

public class Crash_7ee98bedbe0a3f204e9a1495be38a51eb72cdda1 {
    static final String base64Bytes = String.join("", "eyJuYW1lIjogIm0iLCAid2VpZ2h0cyI6ICJ3IiwgImlucHV0IjogeyJuYW1lIjogIngiLCAiZHR5cGUiOiAiZmxvYXQzMiIsICJzaGFwZSI6IFsiVCIsICJOIiwgMV19LCAib3V0cHV0IjogeyJuYW1lIjogInkiLCAiZHR5cGUiOiAiZmxvYXQzMiIsICJzaGFwZSI6IFsiVCIsICJOIiwgMV19LCAibGF5ZXJzIjogW3sibmFtZSI6ICJhIiwgInR5cGUiOiAiTFNUTSIsICJpbnB1dF9zaXplIjogMSwgImhpZGRlbl9zaXplIjogMSwgIm51bV9sYXllcnMiOiA5OTksICJiaWRpcmVjdGlvbmFsIjogdHJ1ZSwgInByb2pfc2t6ZSI6IDF9LCB7Im5hbWUiOiAiYiIsICJ0eXBlIjogIkxTVE0iLCAiaW5wdXRzaXplIjogMSwgImhpZGRlbl9zaXplIjogMSwgIm51bV9sYXllcnMiOiA5OTksICJiaWRpcmVjdGlvbmFsIjogdHJ1ZSwgInByb2pfc2l6ZSI6IDF9XX0=");

    public static void main(String[] args) throws Throwable {
        Crash_7ee98bedbe0a3f204e9a1495be38a51eb72cdda1.class.getClassLoader().setDefaultAssertionStatus(true);
        try {
            Method fuzzerInitialize = dev.rondo.fuzz.Fuzzer.class.getMethod("fuzzerInitialize");
            fuzzerInitialize.invoke(null);
        } catch (NoSuchMethodException ignored) {
            try {
                Method fuzzerInitialize = dev.rondo.fuzz.Fuzzer.class.getMethod("fuzzerInitialize", String[].class);
                fuzzerInitialize.invoke(null, (Object) args);
            } catch (NoSuchMethodException ignored1) {
            } catch (IllegalAccessException | InvocationTargetException e) {
                e.printStackTrace();
                System.exit(1);
            }
        } catch (IllegalAccessException | InvocationTargetException e) {
            e.printStackTrace();
            System.exit(1);
        }
        byte[] input = java.util.Base64.getDecoder().decode(base64Bytes);
        dev.rondo.fuzz.Fuzzer.fuzzerTestOneInput(input);
    }
}