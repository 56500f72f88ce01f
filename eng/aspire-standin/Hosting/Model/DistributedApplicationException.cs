namespace Aspire.Hosting;

/// <summary>The application cannot be built, started or waited for.</summary>
public class DistributedApplicationException : Exception
{
    /// <summary>With the default message.</summary>
    public DistributedApplicationException()
    {
    }

    /// <summary>With a message.</summary>
    public DistributedApplicationException(string message)
        : base(message)
    {
    }

    /// <summary>With a message and its cause.</summary>
    public DistributedApplicationException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
