/** The two files of the npm package `xmlrpc` 1.3 that drainctl uses, as far as it uses them. */

declare module 'xmlrpc/lib/serializer.js' {
  const serializer: {
    serializeMethodCall(method: string, params: readonly unknown[]): string;
    serializeMethodResponse(value: unknown): string;
    serializeFault(fault: { faultCode: number; faultString: unknown }): string;
  };
  export = serializer;
}

declare module 'xmlrpc/lib/customtype.js' {
  /** A value that writes itself. */
  class CustomType {
    protected readonly raw: string;
    constructor(raw: string);
    serialize(parent: CustomType.XmlElement): void;
  }
  namespace CustomType {
    interface XmlElement {
      /** Appends a child element and returns it. */
      ele(name: string): XmlElement;
      /** Appends text, escaped. */
      txt(text: string): XmlElement;
    }
  }
  export = CustomType;
}

declare module 'xmlrpc/lib/deserializer.js' {
  /** Reads a document from a stream; the `end…` methods are called at the closing tag of each type. */
  class Deserializer {
    /** Values read so far; the names and values of an open struct alternate. */
    protected stack: unknown[];
    /** Where in {@link stack} each open struct and array begins. */
    protected marks: number[];
    /** True while a `<value>` has been opened and has had no type element. */
    protected value: boolean;
    deserializeMethodResponse(stream: Deserializer.Source, done: (error: Error | null, value?: unknown) => void): void;
    deserializeMethodCall(
      stream: Deserializer.Source,
      done: (error: Error | null, method?: string, params?: unknown[]) => void,
    ): void;
    /** Called at each opening tag; what it throws ends the reading. What the `end…` methods throw is called back. */
    protected onOpentag(node: Deserializer.Tag): void;
    protected push(value: unknown): void;
    protected endNil(text: string): void;
    protected endInt(text: string): void;
    protected endI8(text: string): void;
    protected endDouble(text: string): void;
    protected endBase64(text: string): void;
    protected endDateTime(text: string): void;
    protected endStruct(text: string): void;
  }
  namespace Deserializer {
    interface Tag {
      readonly name: string;
    }
    interface Sink {
      write(text: string): boolean;
      end(): void;
    }
    interface Source {
      setEncoding(encoding: string): void;
      on(event: 'error', listener: (error: Error) => void): void;
      pipe(sink: Sink): void;
    }
  }
  export = Deserializer;
}
