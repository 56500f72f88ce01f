namespace Aspire.Hosting.ApplicationModel;

/// <summary>Something whose value is known once the application starts.</summary>
public interface IValueProvider
{
    /// <summary>The value.</summary>
    ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default);
}

/// <summary>Something that a manifest can refer to.</summary>
public interface IManifestExpressionProvider
{
    /// <summary>How a manifest refers to it.</summary>
    string ValueExpression { get; }
}

/// <summary>A value, and how a manifest refers to it.</summary>
public interface IExpressionValue : IValueProvider, IManifestExpressionProvider;
